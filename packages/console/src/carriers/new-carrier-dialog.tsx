import { Checkbox, PasswordInput, Select, TextInput } from '@mantine/core'
import { createCarrier } from '@mason/contract/carrier'
import { type CarrierTypeName, carrierKind, carrierTypeNames } from '@mason/contract/carrier-type'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

const types = carrierTypeNames
  .filter((type) => carrierKind(type).baseUrl !== undefined)
  .map((type) => ({ value: type, label: carrierKind(type).label }))

/** Connects the account with a carrier; the credentials are tried before anything is kept. */
export function NewCarrierDialog({ onClose }: { onClose: () => void }) {
  const [type, setType] = useState<CarrierTypeName>('1nce')
  const [name, setName] = useState('')
  const [credentials, setCredentials] = useState<Record<string, string>>({})
  const [baseUrl, setBaseUrl] = useState('')
  const [importSims, setImportSims] = useState(true)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const kind = carrierKind(type)
  const members = Object.entries(kind.credentials)
  const form = useSubmission({
    work: (send) =>
      send(createCarrier, {
        body: {
          ...{ type, name: name.trim() },
          credentials: Object.fromEntries(members.map(([member]) => [member, (credentials[member] ?? '').trim()])),
          options: { importSims, ...(baseUrl.trim() !== '' && { baseUrl: baseUrl.trim() }) },
        },
      }),
    onDone: async (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listCarriers'] })
      await navigate({ to: '/carriers/$name', params: { name: one(answer).name } })
    },
  })
  return (
    <FormDialog
      title="Connect a carrier"
      form={form}
      action="Connect"
      isReady={name.trim() !== '' && members.every(([member]) => (credentials[member] ?? '').trim() !== '')}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <Select
        label="Carrier"
        data={types}
        value={type}
        error={form.faults.at('type')}
        onChange={(value) => setType((value ?? '1nce') as CarrierTypeName)}
      />
      <TextInput
        label="Name"
        description="SIMs refer to it. Lower-case letters, digits, dots, hyphens and underscores."
        placeholder="1nce-europe"
        data-autofocus
        maxLength={63}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {members.map(([member, label]) => (
        <PasswordInput
          key={member}
          label={label}
          autoComplete="off"
          maxLength={4000}
          value={credentials[member] ?? ''}
          error={form.faults.at(`credentials/${member}`) ?? form.faults.at('credentials')}
          onChange={(event) => setCredentials({ ...credentials, [member]: event.currentTarget.value })}
        />
      ))}
      <TextInput
        label="Address of its API"
        description="Only if it differs, such as for a region."
        placeholder={kind.baseUrl}
        maxLength={500}
        value={baseUrl}
        error={form.faults.at('options/baseUrl') ?? form.faults.at('options')}
        onChange={(event) => setBaseUrl(event.currentTarget.value)}
      />
      <Checkbox
        label="Register SIMs that the carrier lists"
        checked={importSims}
        onChange={(event) => setImportSims(event.currentTarget.checked)}
      />
    </FormDialog>
  )
}
