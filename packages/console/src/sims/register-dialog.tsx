import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { type CarrierName, carriers, registerSim } from '@mason/contract/sim'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'

/** Registers one SIM. */
export function RegisterDialog({ onClose }: { onClose: () => void }) {
  const [iccid, setIccid] = useState('')
  const [name, setName] = useState('')
  const [msisdn, setMsisdn] = useState('')
  const [carrier, setCarrier] = useState<CarrierName>('manual')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const register = useMutation({
    mutationFn: () =>
      call(registerSim, {
        iccid: iccid.trim(),
        carrier,
        ...(name.trim() && { name: name.trim() }),
        ...(msisdn.trim() && { msisdn: msisdn.trim() }),
      }),
    onSuccess: async (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listSims'] })
      await navigate({ to: '/sims/$iccid', params: { iccid: one(answer).iccid } })
    },
  })
  const faults = fieldFaults(register.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    register.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>Register a SIM</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="ICCID"
            description="The long number printed on the SIM; spaces do not matter."
            data-autofocus
            inputMode="numeric"
            maxLength={40}
            value={iccid}
            error={faults.iccid}
            onChange={(event) => setIccid(event.currentTarget.value)}
          />
          <Select
            label="Carrier"
            description="“manual” has nothing to call; “simulated” behaves like a network, for trying things out."
            data={[...carriers]}
            value={carrier}
            onChange={(value) => setCarrier((value ?? 'manual') as CarrierName)}
          />
          <TextInput
            label="Name"
            placeholder="Till 12"
            maxLength={200}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Number"
            placeholder="+4915112345678"
            maxLength={40}
            value={msisdn}
            error={faults.msisdn}
            onChange={(event) => setMsisdn(event.currentTarget.value)}
          />
          {register.isError && Object.keys(faults).length === 0 && (
            <Alert color="red">{messageOf(register.error)}</Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={iccid.trim() === ''} loading={register.isPending}>
              Register
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
