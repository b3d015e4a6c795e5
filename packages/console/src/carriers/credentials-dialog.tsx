import { PasswordInput } from '@mantine/core'
import { type CarrierConnection, updateCarrier } from '@mason/contract/carrier'
import { carrierKind } from '@mason/contract/carrier-type'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Gives a connection other credentials, which are tried first. */
export function CredentialsDialog({ carrier, onClose }: { carrier: CarrierConnection; onClose: () => void }) {
  const { name, type } = carrier
  const [credentials, setCredentials] = useState<Record<string, string>>({})
  const queryClient = useQueryClient()
  const members = Object.entries(carrierKind(type).credentials)
  const form = useSubmission({
    work: (send) => send(updateCarrier, { name, credentials }),
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: ['getCarrier'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title="New credentials"
      form={form}
      action="Save"
      isReady={members.every(([member]) => (credentials[member] ?? '').trim() !== '')}
      onSubmit={form.submit}
      onClose={onClose}
    >
      {members.map(([member, label], index) => (
        <PasswordInput
          key={member}
          label={label}
          autoComplete="off"
          data-autofocus={index === 0 || undefined}
          maxLength={4000}
          value={credentials[member] ?? ''}
          error={form.faults.at(`credentials/${member}`) ?? form.faults.at('credentials')}
          onChange={(event) => setCredentials({ ...credentials, [member]: event.currentTarget.value })}
        />
      ))}
    </FormDialog>
  )
}
