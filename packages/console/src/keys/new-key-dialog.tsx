import { Group, Select, TagsInput, Text, TextInput } from '@mantine/core'
import { createApiKey } from '@mason/contract/apikey'
import type { Scope } from '@mason/contract/scopes'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { isChosen, type Restricted } from '../groups/restricted.ts'
import { Restriction } from '../groups/restriction.tsx'
import { useSession } from '../session/session.ts'
import { useExpiry } from '../ui/expiry.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NewKey } from './new-key.tsx'
import { ScopeTree } from './scope-tree.tsx'

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '30', label: 'After 30 days' },
  { value: '90', label: 'After 90 days' },
  { value: '365', label: 'After 1 year' },
]

/** Creates an API key; shows it once, with a line that uses it. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const { user } = useSession()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>([])
  const [groups, setGroups] = useState<Restricted>()
  const [days, setDays] = useState('')
  const [addresses, setAddresses] = useState<string[]>([])
  const [secret, setSecret] = useState<string>()
  const expiresAt = useExpiry(days)
  const form = useSubmission({
    work: (send) =>
      send(createApiKey, {
        name: name.trim(),
        scopes,
        ...(groups && { groups: [...groups] }),
        ...(expiresAt && { expiresAt }),
        ...(addresses.length > 0 && { allowedIps: addresses }),
      }),
    onDone: (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listApiKeys'] })
      setSecret(one(answer).key ?? '')
    },
  })
  if (secret !== undefined) return <NewKey secret={secret} scopes={scopes} onClose={onClose} />
  return (
    <FormDialog
      title="New API key"
      size="lg"
      form={form}
      action="Create key"
      isReady={name.trim() !== '' && scopes.length > 0 && isChosen(groups)}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        placeholder="Nightly report"
        data-autofocus
        maxLength={100}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          Scopes
        </Text>
        <ScopeTree value={scopes} onChange={setScopes} held={user.scopes} error={form.faults.at('scopes')} />
      </div>
      <Restriction value={groups} onChange={setGroups} error={form.faults.at('groups')} />
      <Group grow align="flex-start">
        <Select
          label="Expires"
          data={lifetimes}
          value={days}
          error={form.faults.at('expiresAt')}
          onChange={(value) => setDays(value ?? '')}
        />
        <TagsInput
          label="Allowed IP addresses"
          placeholder={addresses.length === 0 ? 'Any address' : ''}
          description="Addresses or ranges, such as 192.0.2.0/24"
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={addresses}
          error={form.faults.at('allowedIps')}
          onChange={setAddresses}
        />
      </Group>
    </FormDialog>
  )
}
