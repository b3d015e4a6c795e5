import { Chip, Group, Input, Select, TextInput } from '@mantine/core'
import { momentOf, type Window, weekdays } from '@mason/contract/window'
import { useState } from 'react'
import type { Faults } from '../api/faults.ts'
import { TimezoneSelect, useOwnTimezone } from './timezone-select.tsx'

const choices = [
  { value: 'any', label: 'At any time' },
  { value: 'window', label: 'Only at certain hours' },
]

/** When something may happen, as it is typed: not before a time, and only within a window. */
export function useTiming() {
  const [hours, setHours] = useState('any')
  const [notBefore, setNotBefore] = useState('')
  const [from, setFrom] = useState('22:00')
  const [to, setTo] = useState('05:00')
  const [days, setDays] = useState<string[]>([])
  const [timezone, setTimezone] = useState('device')
  const chosen = weekdays.filter((day) => days.includes(day))
  const window: Window | undefined =
    hours === 'any' ? undefined : { from, to, timezone, ...(chosen.length > 0 && { days: chosen }) }
  const own = useOwnTimezone()
  const startMs = momentOf(notBefore, own)
  return {
    typed: { hours, notBefore, from, to, days, timezone, own },
    setters: { setHours, setNotBefore, setFrom, setTo, setDays, setTimezone },
    window,
    /** The members of a request. */
    timing: {
      ...(startMs !== undefined && { notBefore: new Date(startMs).toISOString() }),
      ...(window && { window }),
    },
  }
}

const ofDevice = { value: 'device', label: 'Time zone of each device' }

const nameOfDay = (day: string) => day.slice(0, 1).toUpperCase() + day.slice(1)

interface TimingFieldsProps {
  timing: ReturnType<typeof useTiming>
  faults: Faults
}

export function TimingFields({ timing: { typed, setters }, faults }: TimingFieldsProps) {
  return (
    <>
      <Group grow align="flex-start">
        <Select
          label="Hours"
          data={choices}
          value={typed.hours}
          onChange={(value) => setters.setHours(value ?? 'any')}
        />
        <TextInput
          label="Not before"
          description={typed.own}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          type="datetime-local"
          value={typed.notBefore}
          error={faults.at('notBefore')}
          onChange={(event) => setters.setNotBefore(event.currentTarget.value)}
        />
      </Group>
      {typed.hours === 'window' && (
        <>
          <Group grow align="flex-start">
            <TextInput
              label="From"
              type="time"
              value={typed.from}
              error={faults.at('window/from')}
              onChange={(event) => setters.setFrom(event.currentTarget.value)}
            />
            <TextInput
              label="To"
              type="time"
              value={typed.to}
              error={faults.at('window/to')}
              onChange={(event) => setters.setTo(event.currentTarget.value)}
            />
          </Group>
          <Input.Wrapper label="Days" description="Every day, if none is chosen." error={faults.at('window/days')}>
            <Chip.Group multiple value={typed.days} onChange={setters.setDays}>
              <Group gap={6} mt={6}>
                {weekdays.map((day) => (
                  <Chip key={day} value={day} size="xs">
                    {nameOfDay(day)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
          </Input.Wrapper>
          <TimezoneSelect
            first={ofDevice}
            value={typed.timezone}
            error={faults.at('window/timezone')}
            onChange={setters.setTimezone}
          />
        </>
      )}
    </>
  )
}
