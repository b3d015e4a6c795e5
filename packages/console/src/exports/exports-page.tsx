import { Button, Progress } from '@mantine/core'
import { listExports } from '@mason/contract/export'
import type { Item } from '@mason/sdk/input'
import { Download, FileDown } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { bytes, count } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'

type OneExport = Item<typeof listExports>

const titles = { device: 'Devices', sim: 'SIMs', usage: 'Data usage' } as const
const tones: Record<OneExport['state'], Tone> = { queued: 'idle', running: 'accent', succeeded: 'good', failed: 'bad' }

/** Files that the server has written, or is writing. */
export function ExportsPage() {
  const list = useNewestFirst(listExports, {}, endOfIds)
  return (
    <Page title="Exports" about="Files of everything that matches a filter. Start one with “CSV” above a table.">
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<FileDown size={22} />} title="No exports yet">
              Choose “CSV” on the devices, SIMs or data usage page. The file appears here and is kept for a while.
            </Empty>
          }
        >
          {(items) => (
            <List>
              {items.map((item) => (
                <ListRow
                  key={item.id}
                  icon={<FileDown size={16} />}
                  title={`${titles[item.kind]} as ${item.format.toUpperCase()}`}
                  note={
                    <>
                      {count(item.rows)} rows{item.size !== undefined && `, ${bytes(item.size)}`},{' '}
                      <RelativeTime time={item.createdAt} />
                      {describe(item.filters)}
                      {item.reason && `: ${item.reason}`}
                    </>
                  }
                  end={<Outcome item={item} />}
                />
              ))}
            </List>
          )}
        </Endless>
      </Panel>
    </Page>
  )
}

function Outcome({ item: { state, progress, contentUrl } }: { item: OneExport }) {
  if (contentUrl)
    return (
      <Button component="a" href={contentUrl} download size="xs" variant="default" leftSection={<Download size={14} />}>
        Download
      </Button>
    )
  if (state === 'running') return <Progress w={110} value={100 * progress} aria-label="Progress" />
  return <Status tone={tones[state]}>{state}</Status>
}

const describe = (filters: OneExport['filters']) =>
  Object.entries(filters)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')
