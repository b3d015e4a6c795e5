import type { DeviceChange } from '@mason/contract/device'
import { type LabelChanges, type Labels, maxLabels } from '@mason/contract/label'
import { invalid } from '../../core/errors.ts'
import { type Happening, ofDevice } from '../../core/event/record.ts'

/** What people have said of a device. */
export interface Annotations {
  labels: Labels | null
  notes: string | null
}

interface Annotated extends Annotations {
  /** None where everything was as it is to be. */
  event?: Happening
}

/** The labels and notes of a device after a change, and the event that tells of it. @throws AppError for too many labels. */
export function annotated(
  id: string,
  before: Annotations,
  { labels = {}, notes }: Pick<DeviceChange, 'labels' | 'notes'>,
): Annotated {
  const known = new Map(Object.entries(before.labels ?? {}))
  const changes = Object.entries(labels).filter(([key, value]) => value !== (known.get(key) ?? null))
  const isNoted = notes !== undefined && (notes ?? '') !== (before.notes ?? '')
  if (changes.length === 0 && !isNoted) return before
  return {
    labels: labelled(known, changes),
    notes: (isNoted ? notes : before.notes) || null,
    event: ofDevice('changed', id, { ...said(changes), ...(isNoted && { notes: notes ?? '' }) }),
  }
}

type Change = Readonly<[key: string, value: LabelChanges[string]]>

/** The labels after the changes; null where none is left. */
function labelled(known: ReadonlyMap<string, string>, changes: readonly Change[]): Labels | null {
  const labels = new Map(known)
  for (const [key, value] of changes)
    if (value === null) labels.delete(key)
    else labels.set(key, value)
  if (labels.size > maxLabels)
    throw invalid('/labels', `must leave the device with at most ${maxLabels} labels; it would have ${labels.size}`)
  return labels.size === 0 ? null : Object.fromEntries(labels)
}

/** What an event says of the changes. */
function said(changes: readonly Change[]) {
  const set = changes.filter(([, value]) => value !== null)
  const removed = changes.filter(([, value]) => value === null).map(([key]) => key)
  return {
    ...(set.length > 0 && { labels: Object.fromEntries(set) }),
    ...(removed.length > 0 && { removedLabels: removed }),
  }
}
