import { Alert, Progress, Stack, Text } from '@mantine/core'
import { listDevices, updateDevice } from '@mason/contract/device'
import type { Target } from '@mason/contract/notification'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { walk } from '../api/client.ts'
import { faultsOf, messageOf } from '../api/faults.ts'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { count, counted } from '../ui/numbers.ts'

interface MoveDialogProps {
  target: Target
  targetName: string
  onMoved: () => void
  onClose: () => void
}

/** Requests under way at a time while many devices are moved. */
const concurrency = 6

/** Moves devices to another group, one after the other, and says which could not be moved. */
export function MoveDialog({ target, targetName, onMoved, onClose }: MoveDialogProps) {
  const queryClient = useQueryClient()
  const [group, setGroup] = useState<string | null>(null)
  const [moved, setMoved] = useState(0)
  const stop = useRef(new AbortController())

  const [found, setFound] = useState(0)
  const chosen = useQuery({
    queryKey: ['idsToMove', target],
    queryFn: ({ signal }) => idsOf(target, setFound, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
  const total = chosen.data?.length

  const renew = () => {
    for (const name of ['deviceRows', 'getSummary', 'getDevice'])
      void queryClient.invalidateQueries({ queryKey: [name] })
  }
  const form = useSubmission({
    work: async (send) => {
      const { signal } = stop.current
      const ids = (chosen.data ?? []).values()
      const failed: string[] = []
      setMoved(0)
      const worker = async () => {
        for (const id of ids) {
          if (signal.aborted) return
          await send(updateDevice, { id, group: group ?? '' }, { signal }).then(
            () => setMoved((done) => done + 1),
            (error) => failed.push(faultsOf(error).others().join(' ')),
          )
        }
      }
      await Promise.all(Array.from({ length: concurrency }, worker))
      if (failed.length > 0) throw new Error(`${counted(failed.length, 'device')} not moved. ${reasonsOf(failed)}`)
    },
    onDone: () => {
      renew()
      onMoved()
    },
    onFailed: renew,
  })
  const close = () => {
    stop.current.abort()
    onClose()
  }
  return (
    <FormDialog
      title={`Move ${targetName}`}
      form={form}
      action="Move"
      cancel={form.isPending ? 'Stop' : 'Cancel'}
      isReady={group !== null && total !== undefined && total > 0}
      onSubmit={form.submit}
      onClose={close}
    >
      <Text size="sm">
        Devices take on what is deployed to their new group. If that is another project, or the group is “unassigned”,
        they are reset.
      </Text>
      <GroupSelect label="Move to group" value={group} onChange={setGroup} isRequired />
      <Stack gap={6}>
        {total !== undefined && moved > 0 && <Progress value={(100 * moved) / total} aria-label="Devices moved" />}
        <Text size="sm" role="status">
          {progressOf({ total, moved, found, isMoving: form.isPending })}
        </Text>
      </Stack>
      {chosen.isError && <Alert color="red">{messageOf(chosen.error)}</Alert>}
    </FormDialog>
  )
}

/** Why devices could not be moved, each reason once. */
const reasonsOf = (failed: string[]) => [...new Set(failed)].slice(0, 3).join(' ')

interface MoveProgress {
  total: number | undefined
  moved: number
  found: number
  isMoving: boolean
}

function progressOf({ total, moved, found, isMoving }: MoveProgress): string {
  if (total === undefined) return `Counting devices: ${count(found)} so far`
  return isMoving || moved > 0
    ? `${count(moved)} of ${counted(total, 'device')} moved`
    : `This moves ${counted(total, 'device')}.`
}

/** All of them before the first is moved: one that is moved may no longer match the filter that is walked. */
async function idsOf(target: Target, onFound: (found: number) => void, signal: AbortSignal): Promise<string[]> {
  if ('devices' in target) return target.devices
  const filter = 'group' in target ? { group: target.group } : target.filter
  const ids: string[] = []
  for await (const { id } of walk(listDevices, { ...filter, limit: 1000 }, { signal }))
    if (ids.push(id) % 1000 === 0) onFound(ids.length)
  return ids
}
