import { Alert, Text } from '@mantine/core'
import { getJob, importDevices } from '@mason/contract/job'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { one, read } from '../api/client.ts'
import { sendRows } from '../api/send-rows.ts'
import { isOver, progressOf } from '../jobs/kinds.ts'
import { RefusedTable } from '../jobs/refused.tsx'
import { ImportDialog } from '../ui/import-dialog.tsx'

/** Changes devices by the lines of a file, by a job that it leads to. */
export function ImportDevicesDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  return (
    <ImportDialog
      title="Import devices"
      about={
        <Text size="sm">
          A CSV file with the column <code>serialnumber</code>, <code>imei</code> or <code>id</code>, which names the
          device of a line, and any of <code>name</code>, <code>group</code>, <code>notes</code> and{' '}
          <code>label.store</code> (or any other key). What is left out or empty stays as it is.
        </Text>
      }
      send={async (file, options) => one(await sendRows(importDevices, file, options))}
      onImported={({ id }) => {
        onClose()
        void navigate({ to: '/jobs/$id', params: { id } })
      }}
      onClose={onClose}
    >
      {({ id, dryRun }) => dryRun && <Preview id={id} />}
    </ImportDialog>
  )
}

/** What the import would do. */
function Preview({ id }: { id: string }) {
  const { data } = useQuery({
    ...read(getJob, { id }),
    refetchInterval: ({ state }) => (state.data && isOver(one(state.data)) ? false : 500),
  })
  const job = data && one(data)
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
