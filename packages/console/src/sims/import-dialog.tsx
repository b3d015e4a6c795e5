import { Alert, FileInput, Table, Text } from '@mantine/core'
import { importSims, type SimImport } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { sendRows } from '../api/send-rows.ts'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'

/** Registers SIMs from a file, and says which lines were not taken. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const [outcome, setOutcome] = useState<SimImport>()
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: async (_, rows: File) => one(await sendRows(importSims, rows)),
    onDone: (answer) => {
      setOutcome(answer)
      void queryClient.invalidateQueries({ queryKey: ['listSims'] })
    },
  })
  return (
    <FormDialog
      title="Import SIMs"
      size="lg"
      form={form}
      action="Import"
      cancel={outcome ? 'Close' : 'Cancel'}
      isReady={file !== null}
      onSubmit={() => {
        if (file) form.submit(file)
      }}
      onClose={onClose}
    >
      <Text size="sm">
        A CSV file with a column <code>iccid</code>, and where you like <code>name</code>, <code>carrier</code>,{' '}
        <code>imsi</code>, <code>msisdn</code>, <code>eid</code>, and a marker in each column{' '}
        <code>marker.customer</code>. Or one JSON object in each line.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,.tsv,.txt,.ndjson,.jsonl,.gz,text/csv"
        value={file}
        onChange={setFile}
      />
      {outcome && <ImportOutcome outcome={outcome} />}
    </FormDialog>
  )
}

const shownRejections = 20

function ImportOutcome({
  outcome: { created, known, ignoredColumns = [], rejected, rejectedTotal = rejected.length },
}: {
  outcome: SimImport
}) {
  return (
    <>
      <Alert color={rejectedTotal > 0 ? 'yellow' : 'green'}>
        {counted(created, 'SIM')} registered
        {known > 0 && `, ${counted(known, 'SIM')} known already`}
        {rejectedTotal > 0 &&
          `, ${counted(rejectedTotal, 'line')} not taken. Mend these and send the file again whole.`}
        {ignoredColumns.length > 0 && <> Ignored columns: {ignoredColumns.join(', ')}</>}
      </Alert>
      {rejected.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Line</Table.Th>
              <Table.Th>Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rejected.slice(0, shownRejections).map(({ line, reason }) => (
              <Table.Tr key={line}>
                <Table.Td>{line}</Table.Td>
                <Table.Td>{reason}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  )
}
