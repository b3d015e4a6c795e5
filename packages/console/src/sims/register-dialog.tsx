import { Select, TextInput } from '@mantine/core'
import { registerSim } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { useCarrierNames } from '../carriers/carrier-names.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Registers one SIM. */
export function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [iccid, setIccid] = useState('')
  const [name, setName] = useState('')
  const [msisdn, setMsisdn] = useState('')
  const [carrier, setCarrier] = useState('manual')
  const carriers = useCarrierNames()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: (send) =>
      send(registerSim, {
        iccid: iccid.trim(),
        carrier,
        ...(name.trim() && { name: name.trim() }),
        ...(msisdn.trim() && { msisdn: msisdn.trim() }),
      }),
    onDone: async (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listSims'] })
      await navigate({ to: '/sims/$iccid', params: { iccid: one(answer).iccid } })
    },
  })
  return (
    <FormDialog
      title="Register a SIM"
      form={form}
      action="Register"
      isReady={iccid.trim() !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="ICCID"
        description="The long number printed on the SIM. Spaces are ignored."
        data-autofocus
        inputMode="numeric"
        maxLength={40}
        value={iccid}
        error={form.faults.at('iccid')}
        onChange={(event) => setIccid(event.currentTarget.value)}
      />
      <Select
        label="Carrier"
        description="“manual” has no API to call. “simulated” behaves like a carrier, for testing."
        data={carriers.length > 0 ? carriers : ['manual']}
        value={carrier}
        error={form.faults.at('carrier')}
        onChange={(value) => setCarrier(value ?? 'manual')}
      />
      <TextInput
        label="Name"
        placeholder="Till 12"
        maxLength={200}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="MSISDN"
        description="The phone number of the SIM, if it has one."
        placeholder="+4915112345678"
        maxLength={40}
        value={msisdn}
        error={form.faults.at('msisdn')}
        onChange={(event) => setMsisdn(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
