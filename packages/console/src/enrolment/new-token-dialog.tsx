import { Alert, Button, Checkbox, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { createEnrollment, type Enrollment } from '@mason/contract/enrollment'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { GroupSelect } from '../groups/group-select.tsx'

const lifetimes = [
  { value: '1', label: 'After a day' },
  { value: '7', label: 'After a week' },
  { value: '30', label: 'After 30 days' },
  { value: '', label: 'It never runs out' },
]
const dayMs = 86_400_000

interface NewTokenDialogProps {
  onCreated: (enrollment: Enrollment) => void
  onClose: () => void
}

/** Makes an enrolment token. */
export function NewTokenDialog({ onCreated, onClose }: NewTokenDialogProps) {
  const queryClient = useQueryClient()
  const [note, setNote] = useState('')
  const [group, setGroup] = useState<string | null>('unassigned')
  const [days, setDays] = useState('7')
  const [maxUses, setMaxUses] = useState<number | string>('')
  const [allowTakeover, setAllowTakeover] = useState(false)
  const create = useMutation({
    mutationFn: () =>
      call(createEnrollment, {
        ...(note.trim() && { note: note.trim() }),
        ...(group && { group }),
        ...(days && { expiresAt: new Date(Date.now() + Number(days) * dayMs).toISOString() }),
        ...(typeof maxUses === 'number' && { maxUses }),
        ...(allowTakeover && { allowTakeover }),
      }),
    onSuccess: (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listEnrollments'] })
      onCreated(one(answer))
    },
  })
  const faults = fieldFaults(create.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>New enrolment token</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="What is it for?"
            placeholder="Tills of the new shop"
            data-autofocus
            maxLength={300}
            value={note}
            error={faults.note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <GroupSelect label="Where do the devices go?" value={group} onChange={setGroup} error={faults.group} />
          <Group grow align="flex-start">
            <Select
              label="When does it run out?"
              data={lifetimes}
              value={days}
              error={faults.expiresAt}
              onChange={(value) => setDays(value ?? '')}
            />
            <NumberInput
              label="For how many devices?"
              placeholder="any number"
              min={1}
              max={1_000_000_000}
              allowDecimal={false}
              value={maxUses}
              error={faults.maxUses}
              onChange={setMaxUses}
            />
          </Group>
          <Checkbox
            label="Devices may take over a known serial number with another IMEI"
            checked={allowTakeover}
            onChange={(event) => setAllowTakeover(event.currentTarget.checked)}
          />
          {create.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(create.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" loading={create.isPending}>
              Make the token
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
