import type { SimSort } from '@mason/contract/filter/fields'
import sql from 'sql-template-tag'
import { foldedText } from '../../core/filter/compare.ts'
import { type Sort, type Sorted, sortOf } from '../../core/http/sorted-page.ts'
import { usageOfMonth } from './filter.ts'

/** No index has the order of what ingest changes, for it would cost each record. */
const sorts: Record<SimSort, Sort> = {
  iccid: { value: sql`sim.iccid`, type: 'text' },
  name: { value: foldedText(sql`sim.name`), type: 'text', isNullable: true },
  state: { value: sql`sim.state`, type: 'text' },
  'usage.month': { value: usageOfMonth, type: 'number' },
  createdAt: { value: sql`sim.created_at`, type: 'time' },
}

export const sortedSims = (sort: SimSort | `-${SimSort}`): Sorted => ({
  table: 'sim',
  key: 'iccid',
  ...sortOf(sorts, sort),
})
