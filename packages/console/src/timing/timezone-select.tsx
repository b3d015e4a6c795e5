import { Select } from '@mantine/core'
import { isTimezone } from '@mason/contract/window'
import { useSession } from '../session/session.ts'

interface TimezoneSelectProps {
  label?: string
  value: string
  error: string | undefined
  /** Stands above the zones, and is none. */
  first?: { value: string; label: string }
  onChange: (timezone: string) => void
}

const named = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The zone of this browser, or UTC where that has no name. */
export const browserTimezone = isTimezone(named) ? named : 'UTC'

/** The zone in which whoever is signed in is told of times. */
export const useOwnTimezone = () => useSession().preferences.timezone ?? browserTimezone

const known = Intl.supportedValuesOf('timeZone').filter(isTimezone)

/** Offers time zones; one's own comes first. */
export function TimezoneSelect({ label = 'Time zone', value, error, first, onChange }: TimezoneSelectProps) {
  const own = useOwnTimezone()
  const zones = new Set([own, browserTimezone, 'UTC', ...(value === first?.value ? [] : [value]), ...known])
  return (
    <Select
      label={label}
      searchable
      limit={100}
      nothingFoundMessage="No match"
      data={[...(first ? [first] : []), ...[...zones].map((zone) => ({ value: zone, label: zone }))]}
      value={value}
      error={error}
      allowDeselect={false}
      onChange={(zone) => onChange(zone ?? value)}
    />
  )
}
