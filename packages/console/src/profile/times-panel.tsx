import { Radio, Stack } from '@mantine/core'
import { type Clock, clocks, type PreferencesChange, updatePreferences } from '@mason/contract/preferences'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { currentSession, useSession } from '../session/session.ts'
import { browserTimezone, TimezoneSelect } from '../timing/timezone-select.tsx'
import { FormAlert } from '../ui/form-alert.tsx'
import { Panel } from '../ui/panel.tsx'

const labels: Readonly<Record<Clock, string>> = { '24h': '24 hours, such as 15:00', '12h': '12 hours, such as 3:00 pm' }
const ofBrowser = { value: 'browser', label: `Time zone of this browser (${browserTimezone})` }

/** One of the preferences, which is saved as soon as it is chosen. */
function useChoice<M extends 'timezone' | 'clock'>(member: M) {
  const queryClient = useQueryClient()
  const { preferences } = useSession()
  const [chosen, setChosen] = useState<PreferencesChange>({})
  const form = useSubmission({
    work: (send, change: PreferencesChange) => send(updatePreferences, { body: change }),
    onDone: () => queryClient.invalidateQueries({ queryKey: currentSession.queryKey }),
    onFailed: () => setChosen({}),
  })
  return {
    value: { ...preferences, ...chosen }[member],
    form,
    choose: (change: PreferencesChange) => {
      if (form.isPending) return
      setChosen(change)
      form.submit(change)
    },
  }
}

/** In which time zone one is told of times, and by which clock. */
export function TimesPanel() {
  const zone = useChoice('timezone')
  const clock = useChoice('clock')
  return (
    <Panel title="Times">
      <Stack gap="sm">
        <TimezoneSelect
          first={ofBrowser}
          value={zone.value ?? ofBrowser.value}
          error={zone.form.faults.at('timezone')}
          onChange={(timezone) => zone.choose({ timezone: timezone === ofBrowser.value ? null : timezone })}
        />
        <FormAlert form={zone.form} />
        <Radio.Group
          label="Clock"
          value={clock.value ?? '24h'}
          error={clock.form.faults.at('clock')}
          onChange={(value) => clock.choose({ clock: value as Clock })}
        >
          <Stack gap={8} mt={8}>
            {clocks.map((one) => (
              <Radio key={one} value={one} label={labels[one]} />
            ))}
          </Stack>
        </Radio.Group>
        <FormAlert form={clock.form} />
      </Stack>
    </Panel>
  )
}
