import { Checkbox, Group, NumberInput, Select, TextInput } from '@mantine/core'
import { type AgentApk, createEnrollment, type Enrollment, type EnrollmentKind } from '@mason/contract/enrollment'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { useSession } from '../session/session.ts'
import { useExpiry } from '../ui/expiry.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { AgentApkFields } from './agent-apk.tsx'
import { agentChoices, foreignAgents } from './agents.ts'

const lifetimes = [
  { value: '1', label: 'After 1 day' },
  { value: '7', label: 'After 7 days' },
  { value: '30', label: 'After 30 days' },
  { value: '', label: 'Never' },
]

interface NewTokenDialogProps {
  onCreated: (enrollment: Enrollment) => void
  onClose: () => void
}

/** Creates an enrollment token. */
export function NewTokenDialog({ onCreated, onClose }: NewTokenDialogProps) {
  const queryClient = useQueryClient()
  const [kind, setKind] = useState<EnrollmentKind>('mason')
  const [apk, setApk] = useState<AgentApk>()
  const [ssid, setSsid] = useState('')
  const [wifiPassword, setWifiPassword] = useState('')
  const [note, setNote] = useState('')
  const { groups } = useSession().user
  const [group, setGroup] = useState<string | null>(groups ? (groups[0] ?? null) : 'unassigned')
  const [days, setDays] = useState('7')
  const [maxUses, setMaxUses] = useState<number | string>('')
  const [allowTakeover, setAllowTakeover] = useState(false)
  const expiresAt = useExpiry(days)
  const form = useSubmission({
    work: (send) =>
      send(createEnrollment, {
        ...(kind !== 'mason' && {
          kind,
          ...(apk && { apk }),
          ...(ssid && { wifi: { ssid, ...(wifiPassword && { password: wifiPassword }) } }),
        }),
        ...(note.trim() && { note: note.trim() }),
        ...(group && { group }),
        ...(expiresAt && { expiresAt }),
        ...(typeof maxUses === 'number' && { maxUses }),
        ...(allowTakeover && { allowTakeover }),
      }),
    onDone: (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listEnrollments'] })
      onCreated(one(answer))
    },
  })
  return (
    <FormDialog title="New enrollment token" form={form} action="Create token" onSubmit={form.submit} onClose={onClose}>
      <Select
        label="What kind of device is it?"
        description={agentChoices.find(({ value }) => value === kind)?.note}
        data={agentChoices.map(({ value, label }) => ({ value, label }))}
        allowDeselect={false}
        value={kind}
        error={form.faults.at('kind')}
        onChange={(value) => {
          setKind((value ?? 'mason') as EnrollmentKind)
          setApk(undefined)
        }}
      />
      {kind !== 'mason' && (
        <>
          <AgentApkFields key={kind} agent={foreignAgents[kind]} onChange={setApk} faults={form.faults} />
          <Group grow align="flex-start">
            <TextInput
              label="Wi-Fi for the set-up"
              placeholder="It asks"
              description="Part of the QR code, and not kept."
              value={ssid}
              error={form.faults.at('wifi/ssid')}
              onChange={(event) => setSsid(event.currentTarget.value)}
            />
            <TextInput
              label="Password of the Wi-Fi"
              description="Whoever sees the QR code can read it."
              value={wifiPassword}
              error={form.faults.at('wifi/password')}
              onChange={(event) => setWifiPassword(event.currentTarget.value)}
            />
          </Group>
        </>
      )}
      <TextInput
        label="Note"
        placeholder="Tills of the new shop"
        data-autofocus
        maxLength={300}
        value={note}
        error={form.faults.at('note')}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <GroupSelect label="Group" value={group} onChange={setGroup} error={form.faults.at('group')} />
      <Group grow align="flex-start">
        <Select
          label="Expires"
          data={lifetimes}
          value={days}
          error={form.faults.at('expiresAt')}
          onChange={(value) => setDays(value ?? '')}
        />
        <NumberInput
          label="Device limit"
          placeholder="No limit"
          min={1}
          max={1_000_000_000}
          allowDecimal={false}
          value={maxUses}
          error={form.faults.at('maxUses')}
          onChange={setMaxUses}
        />
      </Group>
      <Checkbox
        label="Allow devices with another IMEI to take over a known serial number"
        checked={allowTakeover}
        error={form.faults.at('allowTakeover')}
        onChange={(event) => setAllowTakeover(event.currentTarget.checked)}
      />
    </FormDialog>
  )
}
