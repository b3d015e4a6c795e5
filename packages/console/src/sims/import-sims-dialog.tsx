import { Text } from '@mantine/core'
import { importSims } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { one } from '../api/client.ts'
import { sendRows } from '../api/send-rows.ts'
import { ImportDialog } from '../ui/import-dialog.tsx'
import { ImportOutcome } from './import-outcome.tsx'

/** Registers SIMs from a file, and says which lines were not taken. */
export function ImportSimsDialog({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  return (
    <ImportDialog
      title="Import SIMs"
      about={
        <Text size="sm">
          A CSV file with the column <code>iccid</code>. Optional columns: <code>name</code>, <code>carrier</code>,{' '}
          <code>imsi</code>, <code>msisdn</code>, <code>eid</code>, and <code>marker.customer</code> (or any other key)
          for markers. A file with one JSON object per line works too.
        </Text>
      }
      send={async (file, options) => one(await sendRows(importSims, file, options))}
      onImported={() => void queryClient.invalidateQueries({ queryKey: ['listSims'] })}
      onClose={onClose}
    >
      {(outcome, file) => <ImportOutcome outcome={outcome} file={file} />}
    </ImportDialog>
  )
}
