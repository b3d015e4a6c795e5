import { deleteMarker, getSim, putMarker, type Sim } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { PairPanel } from '../ui/pair-panel.tsx'

/** What a SIM is marked with: by these, data use is told apart. */
export function MarkersPanel({ sim: { iccid, markers } }: { sim: Sim }) {
  const can = useCan()
  const queryClient = useQueryClient()
  return (
    <PairPanel
      noun="Marker"
      note="A marker applies from the day it is set."
      purpose="Add a customer, site or purpose to break down data usage by it."
      pairs={markers.map(({ key, value }) => [key, value] as const)}
      show={(key, value) => (
        <>
          {key}:{' '}
          <Link to="/sims" search={{ marker: `${key}:${value}` }}>
            {value}
          </Link>
        </>
      )}
      isChangeable={can('connect:admin')}
      set={(send, key, value) => send(putMarker, { iccid, key, value })}
      remove={(send, key) => send(deleteMarker, { iccid, key })}
      onChanged={(answer) => {
        queryClient.setQueryData(read(getSim, { iccid }).queryKey, answer)
        void queryClient.invalidateQueries({ queryKey: ['listSims'] })
      }}
      examples={{ key: 'customer', value: 'harbor-taxis' }}
      keyFault="key"
    />
  )
}
