import { type CurrentSession, getCurrentSession } from '@mason/contract/auth'
import { grants, type Scope } from '@mason/contract/scopes'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { one, read } from '../api/client.ts'

/** Who is signed in. */
export const currentSession = { ...read(getCurrentSession, {}), staleTime: 60_000 }

export function useSession(): CurrentSession {
  return one(useSuspenseQuery(currentSession).data)
}

/** Asks whether whoever is signed in holds a scope; what it does not hold is not offered. */
export function useCan(): (scope: Scope) => boolean {
  const { scopes } = useSession().user
  return useMemo(() => (scope) => grants(scopes, scope), [scopes])
}
