import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { presetOf, type User, updateUser } from '@mason/contract/user'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { ScopeChoice, type ScopeChoiceValue } from './scope-choice.tsx'

/** Changes how a user is called and what they may do. */
export function ScopesDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const preset = presetOf(user.scopes)
  const [name, setName] = useState(user.name ?? '')
  const [choice, setChoice] = useState<ScopeChoiceValue>(preset === 'custom' ? { scopes: user.scopes } : { preset })
  const queryClient = useQueryClient()
  const change = useMutation({
    mutationFn: () => call(updateUser, { id: user.id, body: { ...(name.trim() && { name: name.trim() }), ...choice } }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['listUsers'] })
      onClose()
    },
  })
  const faults = fieldFaults(change.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={<Text fw={600}>{user.email}</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Name"
            maxLength={100}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <ScopeChoice value={choice} onChange={setChoice} />
          {change.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(change.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
