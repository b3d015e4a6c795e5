import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type CarrierConnection, listCarriers } from '@mason/contract/carrier'
import { carrierKind } from '@mason/contract/carrier-type'
import { Link } from '@tanstack/react-router'
import { Plus, RadioTower } from 'lucide-react'
import { useList } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { CarrierStatus } from './carrier-status.tsx'
import { NewCarrierDialog } from './new-carrier-dialog.tsx'

/** The accounts with carriers that SIMs are managed through. */
export function CarriersPage() {
  const isAdmin = useCan()('connect:admin', 'account')
  const [isConnecting, connecting] = useDisclosure(false)
  const list = useList(listCarriers, {})
  return (
    <Page
      title="Carriers"
      about="Connect your carrier accounts to register SIMs, keep their states in sync and import usage."
      actions={
        isAdmin && (
          <Button leftSection={<Plus size={16} />} onClick={connecting.open}>
            Connect a carrier
          </Button>
        )
      }
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<RadioTower size={22} />} title="No carriers yet">
            Connect one to manage its SIMs here.
          </Empty>
        }
      >
        {(carrier) => (
          <ListRow
            key={carrier.name}
            icon={<RadioTower size={16} />}
            title={
              <Link to="/carriers/$name" params={{ name: carrier.name }}>
                {carrier.name}
              </Link>
            }
            note={<Note carrier={carrier} />}
            end={<CarrierStatus carrier={carrier} />}
          />
        )}
      </ListPanel>
      {isConnecting && <NewCarrierDialog onClose={connecting.close} />}
    </Page>
  )
}

const purposes: Readonly<Record<string, string>> = {
  manual: 'SIMs of carriers that are not connected; changes take effect at once',
  simulated: 'Simulated SIMs, for trials',
}

function Note({ carrier: { type, abilities, counts, lastSyncAt } }: { carrier: CarrierConnection }) {
  if (!abilities.list) return <>{purposes[type] ?? carrierKind(type).label}</>
  return (
    <>
      {carrierKind(type).label}, {counted(counts.sims, 'SIM')}
      {lastSyncAt !== undefined && (
        <>
          , synced <RelativeTime time={lastSyncAt} />
        </>
      )}
    </>
  )
}
