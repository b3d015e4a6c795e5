import { Button, FileInput, Text } from '@mantine/core'
import { importSims, type SimImport } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { sendRows } from '../api/send-rows.ts'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ImportOutcome } from './import-outcome.tsx'

/** Registers SIMs from a file, and says which lines were not taken. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const [outcome, setOutcome] = useState<SimImport>()
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: async (_, { rows, dryRun }: { rows: File; dryRun: boolean }) =>
      one(await sendRows(importSims, rows, { dryRun })),
    onDone: (answer) => {
      setOutcome(answer)
      if (!answer.dryRun) void queryClient.invalidateQueries({ queryKey: ['listSims'] })
    },
  })
  const send = (dryRun: boolean) => {
    setOutcome(undefined)
    if (file) form.submit({ rows: file, dryRun })
  }
  return (
    <FormDialog
      title="Import SIMs"
      size="lg"
      form={form}
      action="Import"
      cancel={outcome && !outcome.dryRun ? 'Close' : 'Cancel'}
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
        A CSV file with the column <code>iccid</code>. Optional columns: <code>name</code>, <code>carrier</code>,{' '}
        <code>imsi</code>, <code>msisdn</code>, <code>eid</code>, and <code>marker.customer</code> (or any other key)
        for markers. A file with one JSON object per line works too.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,.tsv,.txt,.ndjson,.jsonl,.gz,text/csv"
        value={file}
        onChange={(next) => {
          setOutcome(undefined)
          setFile(next)
        }}
      />
      {outcome && file && <ImportOutcome outcome={outcome} file={file} />}
    </FormDialog>
  )
}
