import { MultiSelect } from '@mantine/core'
import { eventTypes } from '@mason/contract/event-types'

const kinds = [...Map.groupBy(Object.keys(eventTypes), (type) => type.split('.', 1)[0] ?? '')]

const choices = [
  { group: 'Everything', items: [{ value: '*', label: '*' }] },
  ...kinds.map(([kind, types]) => ({
    group: kind,
    items: [`${kind}.*`, ...types].map((value) => ({ value, label: value })),
  })),
]

const wordsOf = (value: string) => {
  if (value === '*') return 'Every event'
  return eventTypes[value]?.summary ?? `Every ${value.slice(0, -2)} event`
}

interface TypePickerProps {
  value: string[]
  onChange: (types: string[]) => void
  error: string | undefined
}

/** Chooses types of events, one by one or all of a kind. */
export function TypePicker({ value, onChange, error }: TypePickerProps) {
  return (
    <MultiSelect
      label="Events"
      placeholder={value.length === 0 ? 'device.*, deployment.paused …' : ''}
      data={choices}
      searchable
      hidePickedOptions
      value={value}
      error={error}
      onChange={onChange}
      renderOption={({ option }) => (
        <div>
          <code>{option.value}</code>
          <div style={{ color: 'var(--ink-dim)', fontSize: '0.8125rem' }}>{wordsOf(option.value)}</div>
        </div>
      )}
    />
  )
}
