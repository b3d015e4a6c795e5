import { listApiKeys } from '@mason/contract/apikey'
import { listUsers } from '@mason/contract/user'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { GivenFilter, SearchedFilter } from '../ui/filter-bar.tsx'

interface ActorFilterProps {
  /** Id of a user, a key or anybody else. */
  value: string | undefined
  onChange: (id: string | null) => void
}

/** Filters by who did it: users and keys by their names, for whoever may see them. */
export function ActorFilter({ value, onChange }: ActorFilterProps) {
  const can = useCan()
  const users = useQuery({ ...read(listUsers, { limit: 1000 }), enabled: can('user:read', 'account') })
  const keys = useQuery({ ...read(listApiKeys, { limit: 1000 }), enabled: can('key:read', 'account') })
  const choices = [
    {
      group: 'Users',
      items: users.data?.data.map(({ id, name, email }) => ({ value: id, label: name ?? email })) ?? [],
    },
    { group: 'API keys', items: keys.data?.data.map(({ id, name }) => ({ value: id, label: name })) ?? [] },
  ].filter(({ items }) => items.length > 0)
  const isGiven = value !== undefined && !choices.some(({ items }) => items.some((item) => item.value === value))
  return (
    <>
      {choices.length > 0 && (
        <SearchedFilter
          label="Who did it"
          any="Anybody"
          choices={choices}
          value={isGiven ? undefined : value}
          onChange={onChange}
        />
      )}
      {isGiven && <GivenFilter onClear={() => onChange(null)}>By one actor</GivenFilter>}
    </>
  )
}
