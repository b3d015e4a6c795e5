import { Select } from '@mantine/core'
import { getSummary } from '@mason/contract/device'
import { listGroups } from '@mason/contract/group'
import { useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'

interface GroupSelectProps {
  label: string
  description?: string
  value: string | null
  onChange: (group: string | null) => void
  error?: string | undefined
  isRequired?: boolean
  /** It is open from the beginning. */
  isFirst?: boolean
}

/** Chooses one of the groups by its name. */
export function GroupSelect({
  label,
  description,
  value,
  onChange,
  error,
  isRequired = false,
  isFirst = false,
}: GroupSelectProps) {
  const groups = useQuery(read(listGroups, { limit: 1000 }))
  const summary = useQuery(read(getSummary, {}))
  const sizes = new Map(summary.data ? one(summary.data).groups.map(({ name, devices }) => [name, devices]) : [])
  const data = (groups.data?.data ?? []).map(({ name }) => ({
    value: name,
    label: `${name} (${sizes.get(name) ?? 0})`,
  }))
  return (
    <Select
      label={label}
      description={description}
      placeholder="Select a group"
      searchable
      limit={100}
      required={isRequired}
      withAsterisk={false}
      nothingFoundMessage="No match"
      data={data}
      value={value}
      error={error}
      {...(isFirst && { defaultDropdownOpened: true })}
      onChange={onChange}
    />
  )
}
