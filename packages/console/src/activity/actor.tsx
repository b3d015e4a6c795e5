import { getApiKey } from '@mason/contract/apikey'
import type { Event } from '@mason/contract/event'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'

/** Who caused an event, where that was somebody else than what it happened to. */
export function Actor({ event: { actor, subject } }: { event: Event }) {
  const can = useCan()
  const key = useQuery({
    ...read(getApiKey, { id: actor.id ?? '' }),
    enabled: actor.kind === 'key' && actor.id !== undefined && can('key:read'),
    staleTime: 300_000,
  })
  if (actor.kind === 'system' || actor.id === subject.id) return undefined
  if (actor.kind === 'key') return <>by the key “{key.data?.data[0]?.name ?? actor.id?.slice(-8)}”</>
  if (actor.kind === 'user') return <>by a user</>
  return <>by the {actor.kind}</>
}
