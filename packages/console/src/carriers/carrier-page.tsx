import { type CarrierConnection, getCarrier } from '@mason/contract/carrier'
import { type CarrierAbility, carrierKind } from '@mason/contract/carrier-type'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { one, read } from '../api/client.ts'
import { CopyLine } from '../ui/copy.tsx'
import { Facts } from '../ui/facts.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { CarrierActions } from './carrier-actions.tsx'
import { CarrierStatus } from './carrier-status.tsx'
import classes from './carriers.module.css'

const route = getRouteApi('/inside/carriers/$name')

/** One connection: how it goes, what the last sync found, and what it can do. */
export function CarrierPage() {
  const { name } = route.useParams()
  const carrier = useQuery(read(getCarrier, { name }))
  const known = carrier.data && one(carrier.data)
  return (
    <Page
      title={name}
      back={
        <Link to="/carriers">
          <ChevronLeft size={14} /> Carriers
        </Link>
      }
      actions={known && <CarrierActions carrier={known} />}
    >
      <QueryView query={carrier}>
        {(answer) => (
          <div className={classes.stack}>
            <StatePanel carrier={one(answer)} />
            {one(answer).abilities.list && <SyncPanel carrier={one(answer)} />}
            <AbilitiesPanel carrier={one(answer)} />
            {one(answer).pushUrl !== undefined && (
              <Panel
                title="Pushed usage"
                note="Let the carrier’s Data Streamer post usage here. Whoever knows the address can send records."
              >
                <CopyLine text={one(answer).pushUrl ?? ''} label="address" />
              </Panel>
            )}
          </div>
        )}
      </QueryView>
    </Page>
  )
}

function StatePanel({ carrier }: { carrier: CarrierConnection }) {
  const { name, type, options, state, lastError, failingSince, createdAt } = carrier
  return (
    <Panel title="Connection">
      <Facts
        facts={[
          ['State', <CarrierStatus key="state" carrier={carrier} />],
          [state === 'error' ? 'Error' : 'Last error', lastError],
          ['Began to fail', failingSince && <RelativeTime time={failingSince} />],
          ['Carrier', carrierKind(type).label],
          [
            'Address',
            (options.baseUrl ?? carrierKind(type).baseUrl) && (
              <code key="url">{options.baseUrl ?? carrierKind(type).baseUrl}</code>
            ),
          ],
          ['Registers SIMs', carrier.abilities.list && (options.importSims ? 'yes' : 'no')],
          [
            'SIMs',
            <Link key="sims" to="/sims" search={{ carrier: name }}>
              Show SIMs
            </Link>,
          ],
          ['Connected', <RelativeTime key="created" time={createdAt} />],
        ]}
      />
    </Panel>
  )
}

function SyncPanel({ carrier: { lastSyncAt, nextSyncAt, syncing, counts } }: { carrier: CarrierConnection }) {
  return (
    <Panel title="Last sync" note="What the carrier lists, compared with what is registered here.">
      <Facts
        facts={[
          ['Ended', lastSyncAt === undefined ? 'never' : <RelativeTime key="last" time={lastSyncAt} />],
          ['Next', syncing ? 'in progress' : nextSyncAt && <RelativeTime key="next" time={nextSyncAt} />],
          ['SIMs at the carrier', counts.sims],
          ['Registered by it', counts.imported],
          ['Not registered here', counts.unknown],
          ['States corrected', counts.corrected],
          ['Not listed by the carrier', counts.missing],
        ]}
      />
    </Panel>
  )
}

const words: Record<CarrierAbility, string> = {
  activate: 'Activate SIMs',
  suspend: 'Suspend SIMs',
  deactivate: 'Deactivate SIMs',
  list: 'List SIMs',
  usage: 'Report usage',
  push: 'Push usage',
  dataLimit: 'Keep SIMs to data limits',
  imeiLock: 'Keep SIMs to IMEI locks',
}

function AbilitiesPanel({ carrier: { abilities, limitations } }: { carrier: CarrierConnection }) {
  return (
    <Panel title="What it can do">
      <Facts
        facts={Object.entries(words).map(([ability, word]) => [
          word,
          abilities[ability as CarrierAbility] ? 'yes' : `no. ${limitations[ability] ?? ''}`,
        ])}
      />
    </Panel>
  )
}
