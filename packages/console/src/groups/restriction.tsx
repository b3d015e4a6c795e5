import { MultiSelect, Stack, Switch } from '@mantine/core'
import { listGroups } from '@mason/contract/group'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import type { Restricted } from './restricted.ts'

interface RestrictionProps {
  value: Restricted
  error: string | undefined
  onChange: (groups: string[] | undefined) => void
}

/** Chooses whether somebody sees the whole account or only some of its groups. */
export function Restriction({ value, error, onChange }: RestrictionProps) {
  const can = useCan()
  const groups = useQuery({ ...read(listGroups, { limit: 1000 }), enabled: can('fleet:read') })
  if (!can('fleet:read')) return undefined
  const names = (groups.data?.data ?? []).map(({ name }) => name)
  return (
    <Stack gap="xs">
      <Switch
        label="Restrict to groups"
        description="Sees and changes only what belongs to the devices of these groups, and nothing of the account"
        checked={value !== undefined}
        error={value === undefined && error}
        onChange={(event) => onChange(event.currentTarget.checked ? [] : undefined)}
      />
      {value !== undefined && (
        <MultiSelect
          aria-label="Groups"
          placeholder={value.length === 0 ? 'Select groups' : ''}
          searchable
          limit={100}
          maxValues={100}
          nothingFoundMessage="No match"
          data={names}
          value={[...value]}
          error={error}
          onChange={onChange}
        />
      )}
    </Stack>
  )
}
