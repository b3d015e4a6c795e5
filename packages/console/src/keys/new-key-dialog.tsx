import { Alert, Button, Group, Modal, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { createApiKey } from '@mason/contract/apikey'
import { grants, type Scope } from '@mason/contract/scopes'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { useSession } from '../session/session.ts'
import { CopyLine } from '../ui/copy.tsx'
import { ScopeTree } from './scope-tree.tsx'

const lifetimes = [
  { value: '', label: 'It never runs out' },
  { value: '30', label: 'After 30 days' },
  { value: '90', label: 'After 90 days' },
  { value: '365', label: 'After a year' },
]
const dayMs = 86_400_000

/** Makes an API key; shows it once, with a line that uses it. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const { user } = useSession()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<Scope[]>([])
  const [days, setDays] = useState('')
  const [addresses, setAddresses] = useState<string[]>([])
  const create = useMutation({
    mutationFn: () =>
      call(createApiKey, {
        name: name.trim(),
        scopes,
        ...(days && { expiresAt: new Date(Date.now() + Number(days) * dayMs).toISOString() }),
        ...(addresses.length > 0 && { allowedIps: addresses }),
      }),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['listApiKeys'] }),
  })
  const faults = fieldFaults(create.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  if (create.data) return <NewKey secret={one(create.data).key ?? ''} scopes={scopes} onClose={onClose} />
  return (
    <Modal opened onClose={onClose} size="lg" title={<Text fw={600}>New API key</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="What is it for?"
            placeholder="Nightly report"
            data-autofocus
            maxLength={100}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div>
            <Text size="sm" fw={500} mb={4}>
              What may it do?
            </Text>
            <ScopeTree value={scopes} onChange={setScopes} held={user.scopes} />
            {faults.scopes && (
              <Text size="xs" c="var(--bad)" mt={4}>
                {faults.scopes}
              </Text>
            )}
          </div>
          <Group grow align="flex-start">
            <Select
              label="When does it run out?"
              data={lifetimes}
              value={days}
              onChange={(value) => setDays(value ?? '')}
            />
            <TagsInput
              label="From where does it work?"
              placeholder={addresses.length === 0 ? 'anywhere' : ''}
              description="Addresses or ranges, as 192.0.2.0/24"
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              value={addresses}
              error={faults.allowedIps}
              onChange={setAddresses}
            />
          </Group>
          {create.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(create.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={name.trim() === '' || scopes.length === 0} loading={create.isPending}>
              Make the key
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** A key, the one time that it is shown. */
function NewKey({ secret, scopes, onClose }: { secret: string; scopes: readonly Scope[]; onClose: () => void }) {
  const path = grants(scopes, 'fleet:read')
    ? 'device?limit=5'
    : grants(scopes, 'connect:read')
      ? 'sim?limit=5'
      : 'group'
  const line = `curl -H "Authorization: basic ${secret}" "${location.origin}/v1/default/${path}"`
  return (
    <Modal opened onClose={onClose} closeOnClickOutside={false} size="lg" title={<Text fw={600}>Your new key</Text>}>
      <Stack gap="md">
        <Alert color="yellow">
          Copy it now and keep it where secrets are kept. It is shown this once: only a hash of it is stored.
        </Alert>
        <CopyLine text={secret} label="key" isWrapped />
        <div>
          <Text size="sm" fw={500} mb={4}>
            Try it
          </Text>
          <CopyLine text={line} label="command line" />
        </div>
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied it</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
