import { Button, Progress } from '@mantine/core'
import type { listExports } from '@mason/contract/export'
import type { Item } from '@mason/sdk/input'
import { Download, FileDown } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { ListRow } from '../ui/list.tsx'
import { bytes, counted } from '../ui/numbers.ts'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'

export type OneExport = Item<typeof listExports>

const titles = { device: 'Devices', sim: 'SIMs', usage: 'Data usage', audit: 'Audit trail' } as const
const tones: Record<OneExport['state'], Tone> = { queued: 'idle', running: 'accent', succeeded: 'good', failed: 'bad' }

/** An export in a list: how far it is, and its file. */
export function ExportRow({ item }: { item: OneExport }) {
  return (
    <ListRow
      icon={<FileDown size={16} />}
      title={`${titles[item.kind]} as ${item.format.toUpperCase()}`}
      note={
        <>
          {counted(item.rows, 'row')}
          {item.size !== undefined && `, ${bytes(item.size)}`}
          {item.createdBy && `, by ${nameOfActor(item.createdBy)}`}, <RelativeTime time={item.createdAt} />
          {describe(item.filters)}
          {item.reason && `: ${item.reason}`}
        </>
      }
      end={<Outcome item={item} />}
    />
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
