import type { Event } from '@mason/contract/event'

/** Who caused an event, where that was somebody else than what it happened to. */
export function Actor({ event: { actor, subject } }: { event: Event }) {
  if (actor.kind === 'system' || actor.id === subject.id) return undefined
  return <>by {nameOfActor(actor)}</>
}

/** A key or user by its name, also one that has gone. */
export function nameOfActor({ kind, id = '', name }: Event['actor']): string {
  if (kind === 'key') return `the key “${name ?? id.slice(-8)}”`
  if (kind === 'user') return name ?? `user ${id.slice(-8)}`
  return kind === 'carrier' ? `the carrier ${id}` : `the ${kind}`
}
