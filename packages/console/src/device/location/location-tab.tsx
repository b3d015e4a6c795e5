import { SegmentedControl } from '@mantine/core'
import { listLocations } from '@mason/contract/device'
import { hourMs } from '@mason/contract/time'
import { useQuery } from '@tanstack/react-query'
import { MapPin } from 'lucide-react'
import { useState } from 'react'
import { read } from '../../api/client.ts'
import { List, ListRow } from '../../ui/list.tsx'
import { counted } from '../../ui/numbers.ts'
import { Panel } from '../../ui/panel.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Empty } from '../../ui/states.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import classes from './location.module.css'
import { TrackMap } from './track-map.tsx'

const spans = [
  { value: '24', label: 'Day' },
  { value: '168', label: 'Week' },
  { value: '720', label: 'Month' },
]
/** As many as a map can show. */
const mostFixes = 2000

/** Where a device has been. */
export default function LocationTab({ id }: { id: string }) {
  const [hours, setHours] = useState('168')
  // To the hour, so that the same choice is the same read.
  const start = new Date(Math.floor(Date.now() / hourMs - Number(hours)) * hourMs).toISOString()
  const fixes = useQuery(read(listLocations, { id, start, limit: mostFixes }))
  const found = fixes.data?.data.length ?? 0
  return (
    <div style={{ display: 'grid', gap: '1.125rem' }}>
      <Panel
        title="Track"
        note={found === mostFixes ? `The last ${mostFixes} positions` : fixes.data && counted(found, 'position')}
        actions={<SegmentedControl size="xs" aria-label="Period" data={spans} value={hours} onChange={setHours} />}
        isFlush
      >
        <QueryView query={fixes}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={<MapPin size={22} />} title="No positions in this period">
                Devices send their position with a check-in if location is allowed. Try a longer period.
              </Empty>
            ) : (
              <TrackMap fixes={data} />
            )
          }
        </QueryView>
      </Panel>
      {fixes.data && found > 0 && (
        <Panel title="Positions" isFlush>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className={classes.fixes} tabIndex={0} aria-label="Newest positions">
            <List>
              {fixes.data.data.slice(0, 100).map(({ latitude, longitude, accuracy, provider, recordedAt }) => (
                <ListRow
                  key={`${recordedAt} ${latitude} ${longitude}`}
                  title={`${latitude.toFixed(5)}, ${longitude.toFixed(5)}`}
                  note={[accuracy !== undefined && `within ${Math.round(accuracy)} m`, provider]
                    .filter(Boolean)
                    .join(', ')}
                  end={<RelativeTime time={recordedAt} />}
                />
              ))}
            </List>
          </section>
        </Panel>
      )}
    </div>
  )
}
