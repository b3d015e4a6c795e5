import { Alert, Button, Modal, Group as Row, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { createGroup, type Group, updateGroup } from '@mason/contract/group'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'

/** Makes a group, or describes one anew. */
export function GroupDialog({ group, onClose }: { group?: Group; onClose: () => void }) {
  const [name, setName] = useState(group?.name ?? '')
  const [description, setDescription] = useState(group?.description ?? '')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const keep = useMutation({
    mutationFn: () =>
      group ? call(updateGroup, { name: group.name, description }) : call(createGroup, { body: { name, description } }),
    onSuccess: async () => {
      for (const key of ['listGroups', 'getGroup', 'getSummary'])
        void queryClient.invalidateQueries({ queryKey: [key] })
      if (!group) await navigate({ to: '/groups/$name', params: { name } })
      onClose()
    },
  })
  const faults = fieldFaults(keep.error)
  const isWrongName = name !== '' && !group && !/^[A-Za-z0-9_-]{1,100}$/.test(name)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keep.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>{group ? `Describe ${group.name}` : 'New group'}</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {!group && (
            <TextInput
              label="Name"
              description="Letters, digits, - and _. It cannot be changed later."
              data-autofocus
              maxLength={100}
              value={name}
              error={isWrongName ? 'Only letters, digits, - and _' : faults.name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <Textarea
            label="Purpose"
            placeholder="Tills of the northern shops"
            autosize
            minRows={2}
            maxLength={300}
            value={description}
            error={faults.description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {keep.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(keep.error)}</Alert>}
          <Row justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={isWrongName || (!group && name === '')} loading={keep.isPending}>
              {group ? 'Save' : 'Create group'}
            </Button>
          </Row>
        </Stack>
      </form>
    </Modal>
  )
}
