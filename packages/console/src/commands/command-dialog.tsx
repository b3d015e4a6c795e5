import { Alert, Button, Group, JsonInput, Loader, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { type NotificationType, notifyDevice, notifyDevices, type Target } from '@mason/contract/notification'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { counted } from '../ui/numbers.ts'
import { isDestructive, kindOf } from './catalogue.ts'

interface CommandDialogProps {
  type: NotificationType
  target: Target
  /** What is reached, in words: "the group kiosks". */
  targetName: string
  onSent: (sent: { batch: string } | { notification: string }) => void
  onClose: () => void
}

const validities = [
  { value: '0', label: 'only if it is online now' },
  { value: '3600', label: 'for an hour' },
  { value: '86400', label: 'for a day' },
  { value: '604800', label: 'for a week' },
  { value: '2592000', label: 'for 30 days' },
]

/** Asks before a command is sent: what it does, how many devices it reaches and, where it cannot be taken back, the word for it. */
export function CommandDialog({ type, target, targetName, onSent, onClose }: CommandDialogProps) {
  const { label, effect, icon: Icon } = kindOf(type)
  const isDangerous = isDestructive(type)
  const [word, setWord] = useState('')
  const [payload, setPayload] = useState('')
  const [expiresIn, setExpiresIn] = useState('86400')
  const single = 'devices' in target && target.devices.length === 1 ? target.devices[0] : undefined

  const reach = useQuery({
    queryKey: ['reach', type, target],
    queryFn: async () => one(await call(notifyDevices, { type, target, dryRun: true })).total,
    staleTime: 0,
    gcTime: 0,
  })
  const send = useMutation({
    mutationFn: async () => {
      const content = { type, expiresIn: Number(expiresIn), ...(payload.trim() && { payload: JSON.parse(payload) }) }
      if (single !== undefined) return { notification: one(await call(notifyDevice, { id: single, ...content })).id }
      const confirmation = isDangerous ? { confirm: type, expect: reach.data ?? 0 } : {}
      const sent = one(await call(notifyDevices, { ...content, ...confirmation, target }))
      return { batch: 'id' in sent ? sent.id : '' }
    },
    onSuccess: onSent,
    onError: () => void reach.refetch(),
  })
  const faults = fieldFaults(send.error)
  const isReady =
    reach.isSuccess && reach.data > 0 && (!isDangerous || word.trim().toLowerCase() === type) && isJson(payload)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) send.mutate()
  }
  const devices = reach.isSuccess ? counted(reach.data, 'device') : 'devices'

  return (
    <Modal
      opened
      onClose={onClose}
      title={
        <Group gap={8}>
          <Icon size={18} color={isDangerous ? 'var(--bad)' : 'var(--accent)'} />
          <Text fw={600}>
            {label}: {targetName}
          </Text>
        </Group>
      }
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">{effect}</Text>
          <Reach total={reach.data} error={reach.error} isDangerous={isDangerous} />
          {type === 'application' && (
            <JsonInput
              label="JSON for the app"
              description="At most 64 KiB. Whatever the receiving app understands."
              placeholder='{ "message": "Closing at six" }'
              autosize
              minRows={3}
              validationError="This is not valid JSON"
              value={payload}
              error={faults.payload}
              onChange={setPayload}
            />
          )}
          <Select
            label="A device that cannot be reached is tried"
            data={validities}
            value={expiresIn}
            onChange={(value) => setExpiresIn(value ?? '86400')}
          />
          {isDangerous && (
            <TextInput
              label={
                <>
                  Type <b>{type}</b> to confirm
                </>
              }
              autoComplete="off"
              data-autofocus
              value={word}
              onChange={(event) => setWord(event.currentTarget.value)}
            />
          )}
          {send.isError && <Alert color="red">{messageOf(send.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" color={isDangerous ? 'red' : undefined} disabled={!isReady} loading={send.isPending}>
              {label} {devices}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

interface ReachProps {
  total: number | undefined
  error: unknown
  isDangerous: boolean
}

function Reach({ total, error, isDangerous }: ReachProps) {
  if (error) return <Alert color="red">{messageOf(error)}</Alert>
  if (total === undefined)
    return (
      <Group gap="xs">
        <Loader size={14} />
        <Text size="sm" c="dimmed">
          Counting the devices…
        </Text>
      </Group>
    )
  if (total === 0) return <Alert color="gray">No device is reached: there is nothing to send.</Alert>
  if (!isDangerous)
    return (
      <Text size="sm">
        This reaches <b>{counted(total, 'device')}</b>.
      </Text>
    )
  return (
    <Alert color="red">
      This reaches <b>{counted(total, 'device')}</b> and cannot be taken back.
    </Alert>
  )
}

function isJson(text: string): boolean {
  if (text.trim() === '') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
