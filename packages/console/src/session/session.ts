import { type CurrentSession, getCurrentSession } from '@mason/contract/auth'
import type { Reach } from '@mason/contract/route'
import { grants, type Scope } from '@mason/contract/scopes'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { one, read } from '../api/client.ts'

/** Who is signed in. */
export const currentSession = { ...read(getCurrentSession, {}), staleTime: 60_000 }

export function useSession(): CurrentSession {
  return one(useSuspenseQuery(currentSession).data)
}

/** Says whether whoever is signed in may do what needs a scope. */
export type Can = (scope: Scope, reach?: Reach) => boolean

/** What is about the account is not for those who are restricted to groups. */
export const canOf =
  ({ scopes, groups }: Pick<CurrentSession['user'], 'scopes' | 'groups'>): Can =>
  (scope, reach = 'groups') =>
    grants(scopes, scope) && (reach !== 'account' || groups === undefined)

/** Asks whether whoever is signed in holds a scope, and reaches the account by it; what it does not is not offered. */
export function useCan(): Can {
  const { user } = useSession()
  return useMemo(() => canOf(user), [user])
}
