import { listExports } from '@mason/contract/export'
import { FileDown } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { ExportRow } from './export-row.tsx'

/** Files that the server has written, or is writing. */
export function ExportsPage() {
  const list = useNewestFirst(listExports, {}, endOfIds)
  return (
    <Page title="Exports" about="Files of everything that matches a filter. Start one with “CSV” above a table.">
      <ListPanel
        list={list}
        empty={
          <Empty icon={<FileDown size={22} />} title="No exports yet">
            Choose “CSV” on the devices, SIMs or data usage page. The file appears here and is kept for a while.
          </Empty>
        }
      >
        {(item) => <ExportRow key={item.id} item={item} />}
      </ListPanel>
    </Page>
  )
}
