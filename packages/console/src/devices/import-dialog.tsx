import { Alert, Button, FileInput, Text } from '@mantine/core'
import { getJob, importDevices, type Job } from '@mason/contract/job'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { sendRows } from '../api/send-rows.ts'
import { useSubmission } from '../api/submission.ts'
import { isOver, progressOf } from '../jobs/kinds.ts'
import { RefusedTable } from '../jobs/refused.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Changes devices by the lines of a file: says first what would happen, and goes to the job then. */
export function ImportDevicesDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const [dryRun, setDryRun] = useState<string>()
  const navigate = useNavigate()
  const form = useSubmission({
    work: async (_, { rows, isDry }: { rows: File; isDry: boolean }) =>
      one(await sendRows(importDevices, rows, { dryRun: isDry })),
    onDone: (job) => {
      if (job.dryRun) setDryRun(job.id)
      else {
        onClose()
        void navigate({ to: '/jobs/$id', params: { id: job.id } })
      }
    },
  })
  const send = (isDry: boolean) => {
    setDryRun(undefined)
    if (file) form.submit({ rows: file, isDry })
  }
  return (
    <FormDialog
      title="Import devices"
      size="lg"
      form={form}
      action="Import"
      isReady={file !== null}
      aside={
        <Button variant="subtle" disabled={!file || form.isPending} onClick={() => send(true)}>
          Check only
        </Button>
      }
      onSubmit={() => send(false)}
      onClose={onClose}
    >
      <Text size="sm">
        A CSV file with the column <code>serialnumber</code>, <code>imei</code> or <code>id</code>, which names the
        device of a line, and any of <code>name</code>, <code>group</code>, <code>notes</code> and{' '}
        <code>label.store</code> (or any other key). What is left out or empty stays as it is.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,.tsv,.txt,.ndjson,.jsonl,.gz,text/csv"
        value={file}
        onChange={(next) => {
          setDryRun(undefined)
          setFile(next)
        }}
      />
      {dryRun !== undefined && <Preview id={dryRun} />}
    </FormDialog>
  )
}

/** What the import would do. */
function Preview({ id }: { id: string }) {
  const { data } = useQuery({
    ...read(getJob, { id }),
    refetchInterval: ({ state }) => (state.data && isOver(one(state.data)) ? false : 500),
  })
  const job: Job | undefined = data && one(data)
  if (!job) return undefined
  return (
    <>
      <Alert color={job.failedTotal > 0 ? 'yellow' : 'green'} role="status">
        {progressOf(job)}.{job.ignoredColumns && ` Ignored columns: ${job.ignoredColumns.join(', ')}.`}
      </Alert>
      {job.failed.length > 0 && <RefusedTable job={job} maxHeight={220} />}
    </>
  )
}
