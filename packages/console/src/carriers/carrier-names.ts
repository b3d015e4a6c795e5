import { listCarriers } from '@mason/contract/carrier'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'

const none: string[] = []

/** The names of the account's carriers; none for who sees only some groups. */
export function useCarrierNames(): string[] {
  const isAllowed = useCan()('connect:read', 'account')
  const carriers = useQuery({ ...read(listCarriers, { limit: 1000 }), enabled: isAllowed })
  return carriers.data?.data.map(({ name }) => name) ?? none
}
