import { Select } from '@mantine/core'
import { listViews, type View } from '@mason/contract/view'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'

interface ViewSelectProps {
  value: View | undefined
  onChange: (view: View | undefined) => void
  error?: string | undefined
}

/** Chooses one of the views of devices; nothing where there are none. */
export function ViewSelect({ value, onChange, error }: ViewSelectProps) {
  const can = useCan()
  const views = useQuery({
    ...read(listViews, { kind: 'device', limit: 1000 }),
    enabled: can('fleet:read', 'account'),
  })
  const items = views.data?.data ?? []
  if (items.length === 0) return undefined
  return (
    <Select
      label="Or a view"
      description="Devices that match its filter, now or while the roll-out runs."
      placeholder="Select a view"
      searchable
      clearable
      limit={100}
      nothingFoundMessage="No match"
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      value={value?.id ?? null}
      error={error}
      onChange={(id) => onChange(items.find((view) => view.id === id))}
    />
  )
}
