import { TextInput } from '@mantine/core'
import { createSchedule, type Schedule, type ScheduleAction, updateSchedule } from '@mason/contract/schedule'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { TimezoneSelect, useOwnTimezone } from '../timing/timezone-select.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ActionFields } from './action-fields.tsx'
import { CronFields, usualCron } from './cron-fields.tsx'

interface ScheduleDialogProps {
  /** The schedule to change; without it a new one is made. */
  schedule?: Schedule
  onClose: () => void
}

/** Makes a schedule, or changes its name and times. */
export function ScheduleDialog({ schedule, onClose }: ScheduleDialogProps) {
  const queryClient = useQueryClient()
  const own = useOwnTimezone()
  const before = schedule ?? { name: '', cron: usualCron, timezone: own }
  const [name, setName] = useState(before.name)
  const [cron, setCron] = useState(before.cron)
  const [timezone, setTimezone] = useState(before.timezone)
  const [action, setAction] = useState<ScheduleAction | undefined>(schedule?.action)
  const fields = { name: name.trim(), cron: cron.trim(), timezone }
  const form = useSubmission({
    work: (send) =>
      schedule
        ? send(updateSchedule, { id: schedule.id, body: fields })
        : send(createSchedule, { body: { ...fields, action: action as ScheduleAction } }),
    onDone: () => {
      for (const key of ['listSchedules', 'getSchedule']) void queryClient.invalidateQueries({ queryKey: [key] })
      onClose()
    },
  })
  const { faults } = form
  return (
    <FormDialog
      title={schedule ? 'Edit schedule' : 'New schedule'}
      form={form}
      action={schedule ? 'Save' : 'Create schedule'}
      isReady={fields.name !== '' && fields.cron !== '' && action !== undefined}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        placeholder="Nightly restart"
        data-autofocus
        maxLength={100}
        value={name}
        error={faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {!schedule && <ActionFields error={faults.at('action')} onChange={setAction} />}
      <CronFields value={cron} error={faults.at('cron')} onChange={setCron} />
      <TimezoneSelect value={timezone} error={faults.at('timezone')} onChange={setTimezone} />
    </FormDialog>
  )
}
