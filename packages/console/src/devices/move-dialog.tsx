import { Alert, Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { listDevices, updateDevice } from '@mason/contract/device'
import type { Target } from '@mason/contract/notification'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { call, walk } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { GroupSelect } from '../groups/group-select.tsx'
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
  const [failures, setFailures] = useState<string[]>([])
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

  const move = useMutation({
    mutationFn: async () => {
      const { signal } = stop.current
      const ids = (chosen.data ?? []).values()
      const failed: string[] = []
      const worker = async () => {
        for (const id of ids) {
          if (signal.aborted) return
          await call(updateDevice, { id, group: group ?? '' }, { signal }).then(
            () => setMoved((done) => done + 1),
            (error) => failed.push(messageOf(error)),
          )
        }
      }
      await Promise.all(Array.from({ length: concurrency }, worker))
      setFailures(failed)
      return failed.length
    },
    onSettled: () => {
      for (const name of ['deviceRows', 'getSummary', 'getDevice'])
        void queryClient.invalidateQueries({ queryKey: [name] })
    },
    onSuccess: (failed) => {
      if (failed === 0) onMoved()
    },
  })
  const close = () => {
    stop.current.abort()
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    move.mutate()
  }
  return (
    <Modal opened onClose={close} title={<Text fw={600}>Move {targetName}</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">
            A device that leaves a group takes on what is deployed to the new one. Where that is another project, or the
            group is “unassigned”, the device is reset.
          </Text>
          <GroupSelect label="To the group" value={group} onChange={setGroup} isRequired />
          <Stack gap={6}>
            {total !== undefined && moved > 0 && <Progress value={(100 * moved) / total} aria-label="Devices moved" />}
            <Text size="sm" role="status">
              {total === undefined
                ? `Counting the devices: ${count(found)} so far`
                : move.isPending || moved > 0
                  ? `${count(moved)} of ${counted(total, 'device')} moved`
                  : `This moves ${counted(total, 'device')}.`}
            </Text>
          </Stack>
          {chosen.isError && <Alert color="red">{messageOf(chosen.error)}</Alert>}
          {failures.length > 0 && (
            <Alert color="red" title={`${counted(failures.length, 'device')} stayed where they were`}>
              {[...new Set(failures)].slice(0, 3).join(' ')}
            </Alert>
          )}
          {move.isError && <Alert color="red">{messageOf(move.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {move.isPending ? 'Stop here' : failures.length > 0 ? 'Close' : 'Keep as is'}
            </Button>
            <Button type="submit" disabled={!group || !total || failures.length > 0} loading={move.isPending}>
              Move
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
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
