import { Select } from '@mantine/core'
import { type NotificationType, scopeOf } from '@mason/contract/notification'
import type { ScheduleAction } from '@mason/contract/schedule'
import { useState } from 'react'
import { commandKinds, isDestructive } from '../commands/catalog.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { useCan } from '../session/session.ts'

const exports = [
  { value: 'device', label: 'Export of devices', scope: 'fleet:read' },
  { value: 'sim', label: 'Export of SIMs', scope: 'connect:read' },
] as const

const exportOf = (what: string | null) => exports.find(({ value }) => value === what)

function actionOf(what: string | null, group: string | null): ScheduleAction | undefined {
  const exported = exportOf(what)
  if (exported) return { export: { kind: exported.value, format: 'csv' } }
  if (what === null || group === null) return undefined
  return { notification: { type: what as NotificationType, target: { group } } }
}

interface ActionFieldsProps {
  error: string | undefined
  /** Called with nothing while it is not chosen in full. */
  onChange: (action: ScheduleAction | undefined) => void
}

/** What a schedule does. What cannot be undone is not offered. */
export function ActionFields({ error, onChange }: ActionFieldsProps) {
  const can = useCan()
  const [what, setWhat] = useState<string | null>(null)
  const [group, setGroup] = useState<string | null>(null)
  const commands = commandKinds.filter(
    ({ type }) => !isDestructive(type) && type !== 'application' && can(scopeOf(type)),
  )
  const change = (nextWhat: string | null, nextGroup: string | null) => {
    setWhat(nextWhat)
    setGroup(nextGroup)
    onChange(actionOf(nextWhat, nextGroup))
  }
  return (
    <>
      <Select
        label="What"
        placeholder="Select a command or an export"
        data={[
          { group: 'Commands', items: commands.map(({ type, label }) => ({ value: type, label })) },
          { group: 'Exports', items: exports.filter(({ scope }) => can(scope)) },
        ]}
        value={what}
        error={error}
        onChange={(value) => change(value, group)}
      />
      {what !== null && !exportOf(what) && (
        <GroupSelect label="Group" value={group} onChange={(value) => change(what, value)} />
      )}
    </>
  )
}
