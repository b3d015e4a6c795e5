import { listViews } from '@mason/contract/view'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { read } from '../api/client.ts'
import { part } from '../api/part.ts'

const ViewLinks = lazy(part(() => import('./view-links.tsx')))

/** The menu has room for so many. */
const most = 20

/** The views in the menu. What shows them is loaded where there are some. */
export default function ViewMenu() {
  const { data } = useQuery(read(listViews, { limit: most }))
  const views = data?.data ?? []
  return <Suspense>{views.length > 0 && <ViewLinks views={views} />}</Suspense>
}
