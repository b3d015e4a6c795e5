import { Group, JsonInput, Select, Text } from '@mantine/core'
import {
  type Batch,
  type DryRun,
  type NotificationType,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import type { Target } from '@mason/contract/target'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { TimingFields, useTiming } from '../timing/timing-fields.tsx'
import { ConfirmWord } from '../ui/confirm.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'
import { isDestructive, kindOf } from './catalog.ts'
import { Reach } from './reach.tsx'

interface CommandDialogProps {
  type: NotificationType
  target: Target
  /** What is reached, in words: "the group kiosks". */
  targetName: string
  onSent: (sent: { batch: string } | { notification: string }) => void
  onClose: () => void
}

const validities = [
  { value: '0', label: 'Only if online now' },
  { value: '3600', label: 'For 1 hour' },
  { value: '86400', label: 'For 1 day' },
  { value: '691200', label: 'For 8 days' },
  { value: '2592000', label: 'For 30 days' },
]

/** Asks before a command is sent: what it does, how many devices it reaches and, where it cannot be taken back, the word for it. */
export function CommandDialog({ type, target, targetName, onSent, onClose }: CommandDialogProps) {
  const { label, verb = label, effect, icon: Icon } = kindOf(type)
  const isDangerous = isDestructive(type)
  const [word, setWord] = useState('')
  const [payload, setPayload] = useState('')
  const [chosen, setExpiresIn] = useState<string>()
  const when = useTiming()
  const isTimed = Object.keys(when.timing).length > 0
  const expiresIn = chosen ?? (when.window ? '691200' : '86400')
  const single = 'devices' in target && target.devices.length === 1 ? target.devices[0] : undefined

  const reach = useQuery({
    queryKey: ['reach', type, target],
    queryFn: async () => reachOf(one(await call(notifyDevices, { type, target, dryRun: true }))),
    staleTime: 0,
    gcTime: 0,
  })
  const form = useSubmission({
    work: async (send) => {
      const content = {
        type,
        expiresIn: Number(expiresIn),
        ...when.timing,
        ...(payload.trim() && { payload: JSON.parse(payload) }),
      }
      if (single !== undefined) return { notification: one(await send(notifyDevice, { id: single, ...content })).id }
      const confirmation = isDangerous ? { confirm: type, expect: reach.data?.total ?? 0 } : {}
      const sent = one(await send(notifyDevices, { ...content, ...confirmation, target }))
      return { batch: 'id' in sent ? sent.id : '' }
    },
    onDone: onSent,
    onFailed: () => reach.refetch(),
  })
  const isReady =
    reach.isSuccess &&
    reach.data.total > reach.data.unsupported &&
    (!isDangerous || word.trim().toLowerCase() === type) &&
    isJson(payload)
  return (
    <FormDialog
      title={
        <Group gap={8} component="span" wrap="nowrap">
          <Icon
            size={18}
            color={isDangerous ? 'var(--bad)' : 'var(--accent)'}
            style={{ flex: 'none' }}
            aria-hidden="true"
          />
          <span>
            {label}: {targetName}
          </span>
        </Group>
      }
      form={form}
      action={`${verb} ${reach.isSuccess ? counted(reach.data.total - reach.data.unsupported, 'device') : 'devices'}`}
      isReady={isReady}
      isDangerous={isDangerous}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <Text size="sm">{effect}</Text>
      <Reach
        total={reach.data?.total}
        unsupported={reach.data?.unsupported}
        error={reach.error}
        isDangerous={isDangerous}
      />
      {type === 'application' && (
        <JsonInput
          label="JSON for the app"
          description="Up to 64 KiB, in the format that the app expects."
          placeholder='{ "message": "Closing at six" }'
          autosize
          minRows={3}
          validationError="This is not valid JSON"
          value={payload}
          error={form.faults.at('payload')}
          onChange={setPayload}
        />
      )}
      <Select
        label="Keep trying offline devices"
        data={isTimed ? validities.filter(({ value }) => value !== '0') : validities}
        value={expiresIn}
        error={form.faults.at('expiresIn')}
        onChange={(value) => setExpiresIn(value ?? undefined)}
      />
      <TimingFields timing={when} faults={form.faults} />
      {isDangerous && <ConfirmWord word={type} value={word} onChange={setWord} />}
    </FormDialog>
  )
}

/** How many devices it is for, and how many of them are of a kind that cannot do it. */
function reachOf(answer: Batch | DryRun) {
  return { total: answer.total, unsupported: 'unsupported' in answer ? (answer.unsupported ?? 0) : 0 }
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
