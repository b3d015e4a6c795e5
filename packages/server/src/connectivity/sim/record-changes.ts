import type { DataLimit, SimChange } from '@mason/contract/sim'
import type { Author } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { recordAll } from '../../core/event/record.ts'
import type { MarkerStep } from './marker.ts'

/** What can be changed of a SIM, as it was before. */
export interface Before {
  iccid: string
  name: string | null
  imeiLock: string | null
  dataLimit: DataLimit | null
  deviceId: string | null
}

interface Changes {
  members?: Omit<SimChange, 'state'>
  markers: readonly MarkerStep[]
  /** The job that they are part of. */
  job?: string | undefined
}

/** Writes an event for each SIM that is not what it was. Its state has events of its own. */
export async function recordChanges(
  tx: Db,
  author: Author,
  sims: readonly Before[],
  { members = {}, markers, job }: Changes,
): Promise<void> {
  const marked = new Map(markers.map(({ iccid, changes }) => [iccid, changes]))
  const changed = sims.flatMap((before) => {
    const { iccid, deviceId } = before
    const data = { ...differences(before, members), ...ofMarkers(marked.get(iccid) ?? []) }
    return Object.keys(data).length === 0 ? [] : [{ iccid, deviceId, data }]
  })
  await recordAll(
    tx,
    author,
    changed.map(({ iccid, deviceId, data }) => ({
      type: 'sim.changed',
      subject: { kind: 'sim', id: iccid },
      ...(deviceId !== null && { deviceId }),
      data: { ...data, ...(job !== undefined && { job }) },
    })),
  )
}

function differences({ name, imeiLock, dataLimit }: Before, wanted: Omit<SimChange, 'state'>) {
  const limit = wanted.dataLimit
  const isSameLimit = limit?.bytes === dataLimit?.bytes && limit?.action === dataLimit?.action
  const different = Object.entries({
    ...(wanted.name !== undefined && wanted.name !== name && { name: wanted.name }),
    ...(wanted.imeiLock !== undefined && wanted.imeiLock !== imeiLock && { imeiLock: wanted.imeiLock }),
    ...(limit !== undefined && !isSameLimit && { dataLimit: limit }),
  })
  const { set, removed } = parted(different)
  return { ...set, ...(removed.length > 0 && { removed }) }
}

function ofMarkers(changes: MarkerStep['changes']) {
  const { set, removed } = parted(changes)
  return {
    ...(Object.keys(set).length > 0 && { markers: set }),
    ...(removed.length > 0 && { removedMarkers: removed }),
  }
}

/** What was set to a value, and the names of what has none any more. */
const parted = (changes: readonly (readonly [name: string, value: unknown])[]) => ({
  set: Object.fromEntries(changes.filter(([, value]) => value !== null)),
  removed: changes.filter(([, value]) => value === null).map(([name]) => name),
})
