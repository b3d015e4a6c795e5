import { Alert } from '@mantine/core'
import {
  type BulkDeviceChange,
  type BulkSimChange,
  bulkDevices,
  bulkSims,
  type Job,
  type JobDryRun,
} from '@mason/contract/job'
import type { SimTarget } from '@mason/contract/sim-target'
import type { Target } from '@mason/contract/target'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { call, one } from '../api/client.ts'
import type { Faults } from '../api/faults.ts'
import { messageOf } from '../api/faults.ts'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'

/** What a bulk change is for, and how it is sent. */
export interface Bulk<Change> {
  noun: 'device' | 'SIM'
  /** Tells one reach from another. */
  target: Target | SimTarget
  /** How many it reaches. */
  reach: () => Promise<number>
  start: (send: Send, change: Change, expected: number) => Promise<Job | JobDryRun>
}

export const ofDevices = (target: Target): Bulk<BulkDeviceChange> => ({
  noun: 'device',
  target,
  reach: async () => one(await call(bulkDevices, { target, change: { group: 'unassigned' }, dryRun: true })).total,
  start: async (send, change, expected) => one(await send(bulkDevices, { target, change, expect: expected })),
})

export const ofSims = (target: SimTarget): Bulk<BulkSimChange> => ({
  noun: 'SIM',
  target,
  reach: async () => one(await call(bulkSims, { target, change: { imeiLock: null }, dryRun: true })).total,
  start: async (send, change, expected) => one(await send(bulkSims, { target, change, expect: expected })),
})

interface BulkDialogProps<Change> {
  title: ReactNode
  bulk: Bulk<Change>
  /** What the button says, in front of how many it changes. */
  verb: string
  /** Nothing while it is not known what is to change. */
  change: Change | undefined
  isDangerous?: boolean
  onStarted: () => void
  onClose: () => void
  children: (faults: Faults) => ReactNode
}

/** Changes many devices or SIMs by a job: says how many there are before, and goes to the job after. */
export function BulkDialog<Change>(props: BulkDialogProps<Change>) {
  const { title, bulk, verb, change, isDangerous = false, onStarted, onClose, children } = props
  const navigate = useNavigate()
  const reach = useQuery({
    queryKey: ['bulkReach', bulk.noun, bulk.target],
    queryFn: bulk.reach,
    staleTime: 0,
    gcTime: 0,
  })
  const form = useSubmission({
    work: async (send) => {
      if (change === undefined || reach.data === undefined) throw new Error('There is nothing to change yet.')
      return bulk.start(send, change, reach.data)
    },
    onDone: (job) => {
      onStarted()
      if ('id' in job) void navigate({ to: '/jobs/$id', params: { id: job.id } })
    },
    onFailed: () => reach.refetch(),
  })
  const total = reach.data
  return (
    <FormDialog
      title={title}
      form={form}
      action={`${verb} ${total === undefined ? `${bulk.noun}s` : counted(total, bulk.noun)}`}
      isReady={change !== undefined && total !== undefined && total > 0}
      isDangerous={isDangerous}
      onSubmit={form.submit}
      onClose={onClose}
    >
      {children(form.faults)}
      {reach.error && <Alert color="red">{messageOf(reach.error)}</Alert>}
      {total === 0 && <Alert color="gray">Nothing matches, so there is nothing to change.</Alert>}
    </FormDialog>
  )
}
