import { builtInCarriers, type CarrierConnection } from '@mason/contract/carrier'
import { Status } from '../ui/status.tsx'

/** Whether the connection works, in a word. */
export function CarrierStatus({ carrier: { name, state, syncing } }: { carrier: CarrierConnection }) {
  if (state === 'error') return <Status tone="bad">failing</Status>
  if (builtInCarriers.some((one) => one === name)) return <Status tone="idle">built in</Status>
  return <Status tone={syncing ? 'accent' : 'good'}>{syncing ? 'syncing' : 'connected'}</Status>
}
