import { type Device, listDevices } from '@mason/contract/device'
import type { Event } from '@mason/contract/event'
import { infiniteQueryOptions, keepPreviousData, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef } from 'react'
import { call } from '../api/client.ts'
import { usePages } from '../api/lists.ts'
import { useEvents } from '../api/live.tsx'
import { type TableFilters, toDeviceQuery } from './filters.ts'

/** What the table shows of a device; the rest of the document would only fill memory. */
export type DeviceRow = Omit<Device, 'apps' | 'connection'>

interface RowPage {
  rows: DeviceRow[]
  next: string | undefined
}

const firstPage = 100
const furtherPages = 250
/** Changes of many devices become visible together, this often. */
const patchMs = 400

/** The devices that match, page by page. */
export const deviceRows = (filters: TableFilters) =>
  infiniteQueryOptions({
    queryKey: ['deviceRows', filters],
    queryFn: async ({ pageParam, signal }): Promise<RowPage> => {
      const limit = pageParam === undefined ? firstPage : furtherPages
      const page = await call(
        listDevices,
        { ...toDeviceQuery(filters), limit, ...(pageParam !== undefined && { after: pageParam }) },
        { signal },
      )
      return { rows: page.data.map(({ apps, connection, ...row }) => row), next: page.nextPage }
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })

/** The devices that match, as they are scrolled to, kept up to date by events. */
export function useDeviceRows(filters: TableFilters) {
  const queryClient = useQueryClient()
  const options = deviceRows(filters)
  const { queryKey } = options
  const list = usePages({ ...options, placeholderData: keepPreviousData, refetchOnWindowFocus: false }, rowsOf)

  const changes = useRef(new Map<string, Event[]>())
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const applyChanges = useEffectEvent(() => {
    timer.current = undefined
    const due = changes.current
    changes.current = new Map()
    // It was not read by that: when it is renewed does not change (renewal.ts).
    const updatedAt = queryClient.getQueryState(queryKey)?.dataUpdatedAt
    queryClient.setQueryData(
      queryKey,
      (data) => data && { ...data, pages: changed(data.pages, due) },
      updatedAt === undefined ? {} : { updatedAt },
    )
  })
  useEvents((event) => {
    if (!event.type.startsWith('device.')) return
    changes.current.set(event.subject.id, [...(changes.current.get(event.subject.id) ?? []), event])
    timer.current ??= setTimeout(() => applyChanges(), patchMs)
  })
  useEffect(() => () => clearTimeout(timer.current), [])

  return list
}

const rowsOf = ({ rows }: RowPage) => rows

/** Pages after these events, by the id of the device that each is about. */
export function changed(pages: RowPage[], due: ReadonlyMap<string, readonly Event[]>): RowPage[] {
  return pages.map((page) =>
    page.rows.some(({ id }) => due.has(id))
      ? {
          ...page,
          rows: page.rows.flatMap((row) => {
            let now: DeviceRow | undefined = row
            for (const event of due.get(row.id) ?? []) now = now && after(now, event)
            return now ? [now] : []
          }),
        }
      : page,
  )
}

/** A row after an event; undefined when the device has gone. */
function after(row: DeviceRow, { type, data, time }: Event): DeviceRow | undefined {
  switch (type) {
    case 'device.online':
      return { ...row, online: true, lastcheckin: time }
    case 'device.offline':
      return { ...row, online: false }
    case 'device.renamed':
      return { ...row, name: String(data.to) }
    case 'device.moved':
      return { ...row, group: { ...row.group, name: String(data.to) } }
    case 'device.deprovisioned':
      return undefined
    default:
      return row
  }
}
