import { Alert, Anchor, Table } from '@mantine/core'
import type { RejectedLine } from '@mason/contract/rows'
import type { SimImport } from '@mason/contract/sim'
import { saveText } from '../ui/download.ts'
import { count, counted } from '../ui/numbers.ts'

const shownRejections = 20

/** What became of a file of SIMs, or would: how many lines were taken, and why the others were rejected. */
export function ImportOutcome({ outcome, file }: { outcome: SimImport; file: File }) {
  const { rejected, rejectedTotal = rejected.length } = outcome
  const save = async () => saveText('rejected-lines.csv', rejectedCsv(rejected, await linesOf(file)))
  return (
    <>
      <Alert color={rejectedTotal > 0 ? 'yellow' : 'green'} role="status">
        {summaryOf(outcome, rejectedTotal)}
      </Alert>
      {rejected.length > 0 && (
        <div>
          <Table.ScrollContainer minWidth={0} maxHeight={220}>
            <Table stickyHeader fz="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={80}>Line</Table.Th>
                  <Table.Th>Reason</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rejected.slice(0, shownRejections).map(({ line, reason }) => (
                  <Table.Tr key={line}>
                    <Table.Td>{count(line)}</Table.Td>
                    <Table.Td style={{ overflowWrap: 'anywhere' }}>{reason}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          <Anchor component="button" type="button" size="sm" mt={6} onClick={() => void save()}>
            Download rejected lines as CSV
          </Anchor>
          {rejectedTotal > Math.min(shownRejections, rejected.length) &&
            ` – showing ${count(Math.min(shownRejections, rejected.length))} of ${count(rejectedTotal)}`}
        </div>
      )}
    </>
  )
}

function summaryOf({ created, known, ignoredColumns = [], dryRun = false }: SimImport, rejected: number): string {
  const parts = [
    `${counted(created, 'SIM')} ${dryRun ? 'would be ' : ''}registered`,
    ...(known > 0 ? [`${counted(known, 'SIM')} already registered`] : []),
    ...(rejected > 0 ? [`${counted(rejected, 'line')} ${dryRun ? 'would be ' : ''}rejected`] : []),
  ]
  const advice = rejected > 0 ? ' Correct these lines and import the whole file again.' : ''
  const columns = ignoredColumns.length > 0 ? ` Ignored columns: ${ignoredColumns.join(', ')}.` : ''
  return `${parts.join(', ')}.${advice}${columns}`
}

/** The lines of a file as they are written in it; none of a packed one. */
async function linesOf(file: File): Promise<string[]> {
  return /\.gz$/i.test(file.name) ? [] : (await file.text()).split(/\r\n|\n|\r/)
}

function rejectedCsv(rejected: readonly RejectedLine[], lines: readonly string[]): string {
  const rows = rejected.map(({ line, reason }) => [String(line), reason, lines[line - 1] ?? ''])
  return [['line', 'reason', 'content'], ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A spreadsheet takes a cell that begins like a formula for one. */
function cell(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
