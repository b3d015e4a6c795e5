import { useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useServerReturn } from './api/reachability.ts'

/** Around every page: what was read before the server was away is read again once it is back. */
export function Root() {
  const queryClient = useQueryClient()
  useServerReturn(() => void queryClient.invalidateQueries())
  return <Outlet />
}
