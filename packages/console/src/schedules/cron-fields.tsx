import { Select, TextInput } from '@mantine/core'
import { useState } from 'react'

const everyNight = '0 3 * * *'
const times = [
  { value: everyNight, label: 'Every night at 3:00' },
  { value: '0 3 * * MON-FRI', label: 'On workdays at 3:00' },
  { value: '0 3 * * SUN', label: 'On Sundays at 3:00' },
  { value: '0 3 1 * *', label: 'On the first of the month at 3:00' },
  { value: '', label: 'Other times' },
]

/** A cron expression in words, where it is a usual one. */
export const cronInWords = (cron: string): string | undefined =>
  times.find(({ value }) => value !== '' && value === cron)?.label

/** What a new schedule begins with. */
export const usualCron = everyNight

interface CronFieldsProps {
  value: string
  error: string | undefined
  onChange: (cron: string) => void
}

/** Times that are usual, or a cron expression. */
export function CronFields({ value, error, onChange }: CronFieldsProps) {
  const [isTyped, setTyped] = useState(() => times.every((time) => time.value !== value))
  const choose = (preset: string | null) => {
    setTyped(!preset)
    onChange(preset ?? '')
  }
  return (
    <>
      <Select
        label="When"
        data={times}
        value={isTyped ? '' : value}
        allowDeselect={false}
        error={isTyped ? undefined : error}
        onChange={choose}
      />
      {isTyped && (
        <TextInput
          label="Cron expression"
          description="Minute, hour, day, month, day of the week."
          placeholder="30 22 * * MON-FRI"
          maxLength={200}
          value={value}
          error={error}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </>
  )
}
