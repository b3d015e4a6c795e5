import { getDevice } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { read } from '../api/client.ts'

/** The name of a device, as a link to it; its id while the name is not known, or when it has gone. */
export function DeviceName({ id }: { id: string }) {
  const { data } = useQuery({ ...read(getDevice, { id }), staleTime: 60_000, refetchInterval: false })
  const name = data?.data[0]?.name
  return (
    <Link to="/devices/$id" params={{ id }}>
      {name ?? `device ${id.slice(-8)}`}
    </Link>
  )
}
