import { Table } from '@mantine/core'
import type { Job } from '@mason/contract/job'
import { Link } from '@tanstack/react-router'
import { count } from '../ui/numbers.ts'

/** What a job refused, and why. */
export function RefusedTable({ job: { failed }, maxHeight }: { job: Job; maxHeight: number }) {
  return (
    <Table.ScrollContainer minWidth={0} maxHeight={maxHeight}>
      <Table stickyHeader fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={220}>What</Table.Th>
            <Table.Th>Reason</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {failed.map((failure) => (
            <Table.Tr key={`${failure.line} ${failure.device} ${failure.iccid}`}>
              <Table.Td>
                <Subject failure={failure} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{failure.reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function Subject({ failure: { line, device, iccid } }: { failure: Job['failed'][number] }) {
  if (line !== undefined) return <>Line {count(line)}</>
  if (iccid !== undefined)
    return (
      <Link to="/sims/$iccid" params={{ iccid }}>
        {iccid}
      </Link>
    )
  return device === undefined ? undefined : (
    <Link to="/devices/$id" params={{ id: device }}>
      Device {device.slice(-8)}
    </Link>
  )
}
