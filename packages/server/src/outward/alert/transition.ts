import type { AlertState } from '@mason/contract/alert'
import type { Holding } from './holding.ts'

/** An alert that nothing else of its rule and subject opens beside. */
export interface Standing {
  id: string
  subject: string
  state: AlertState
  occasion: string | null
  /** Its condition is over, and it waits; whether for long enough. */
  isEnding: boolean
  isDue: boolean
}

/** A subject whose condition has held; whether for long enough. */
export interface Waiting {
  subject: string
  isDue: boolean
}

/** What becomes of the subjects that were looked at. */
export interface Transitions {
  open: Holding[]
  /** Begin to wait. */
  wait: string[]
  /** Wait no longer, because it opened or is over. */
  drop: string[]
  /** Alerts whose condition is back before their end. */
  stay: string[]
  /** Alerts of another occasion. */
  renew: (Holding & { id: string })[]
  /** Alerts that end if their condition does not come back. */
  linger: string[]
  resolve: string[]
  /** Alerts that were resolved by hand, and no longer stand. */
  release: string[]
}

interface Looked {
  subjects: readonly string[]
  holding: readonly Holding[]
  standing: readonly Standing[]
  waiting: readonly Waiting[]
  /** Whether an alert opens only after it has waited, and whether it ends so. */
  hasToWait: boolean
  hasToLinger: boolean
}

const byItsSubject = <One extends { subject: string }>(list: readonly One[]) =>
  new Map(list.map((one) => [one.subject, one]))

/** What becomes of subjects, by what holds now and what was known of them. */
export function transitionsOf({ subjects, hasToWait, hasToLinger, ...looked }: Looked): Transitions {
  const holding = byItsSubject(looked.holding)
  const standing = byItsSubject(looked.standing)
  const waiting = byItsSubject(looked.waiting)
  const to: Transitions = {
    ...{ open: [], wait: [], drop: [], stay: [], renew: [], linger: [], resolve: [], release: [] },
  }
  for (const subject of subjects) {
    const [found, alert, wait] = [holding.get(subject), standing.get(subject), waiting.get(subject)]
    if (!found) end(to, alert, wait, hasToLinger)
    else if (alert && !isOfAnother(alert, found)) keep(to, alert, found)
    else begin(to, found, alert, wait, hasToWait)
  }
  return to
}

/** What was resolved by hand stands for its occasion alone. */
const isOfAnother = ({ state, occasion }: Standing, found: Holding) =>
  state === 'resolved' && occasion !== found.occasion

function begin(
  to: Transitions,
  found: Holding,
  alert: Standing | undefined,
  wait: Waiting | undefined,
  hasToWait: boolean,
): void {
  if (alert) to.release.push(alert.id)
  const mayOpen = !hasToWait || wait?.isDue === true
  if (mayOpen) to.open.push(found)
  if (wait && mayOpen) to.drop.push(found.subject)
  if (!wait && !mayOpen) to.wait.push(found.subject)
}

function keep(to: Transitions, alert: Standing, found: Holding): void {
  if (alert.isEnding) to.stay.push(alert.id)
  if (alert.occasion !== found.occasion) to.renew.push({ ...found, id: alert.id })
}

function end(to: Transitions, alert: Standing | undefined, wait: Waiting | undefined, hasToLinger: boolean): void {
  if (wait) to.drop.push(wait.subject)
  if (!alert) return
  if (alert.state === 'resolved') to.release.push(alert.id)
  else if (!hasToLinger || alert.isDue) to.resolve.push(alert.id)
  else if (!alert.isEnding) to.linger.push(alert.id)
}
