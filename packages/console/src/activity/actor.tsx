import { Anchor } from '@mantine/core'
import type { Event } from '@mason/contract/event'

interface ActorProps {
  event: Event
  /** Asks for what this actor did. */
  onActor?: ((id: string) => void) | undefined
}

/** Who caused an event, where that was somebody else than what it happened to. */
export function Actor({ event: { actor, subject }, onActor }: ActorProps) {
  const { kind, id } = actor
  if (kind === 'system' || id === subject.id) return undefined
  if (!onActor || id === undefined || kind === 'device') return <>by {nameOfActor(actor)}</>
  return (
    <>
      by{' '}
      <Anchor component="button" type="button" fz="inherit" onClick={() => onActor(id)}>
        {nameOfActor(actor)}
      </Anchor>
    </>
  )
}

/** A key or user by its name, also one that has gone. */
export function nameOfActor({ kind, id = '', name }: Event['actor']): string {
  if (kind === 'key') return `the key “${name ?? id.slice(-8)}”`
  if (kind === 'user') return name ?? `user ${id.slice(-8)}`
  return kind === 'carrier' ? `the carrier ${id}` : `the ${kind}`
}
