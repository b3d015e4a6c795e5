import type { DeviceQuery } from '@mason/contract/device'
import type { PlainTarget } from '@mason/contract/target'
import { hourMs } from '@mason/contract/time'

const minuteMs = hourMs / 60

/** The filters that the device table keeps in its address, and its order. */
export interface TableFilters {
  n?: string
  group?: string
  family?: string
  online?: string
  iccid?: string
  outOfDate?: string
  /** How long ago a device must have checked in last, in hours at least. */
  seen?: string
  /** In the filter language. */
  filter?: string
  sort?: string
}

type DeviceFilter = Extract<PlainTarget, { filter: unknown }>['filter']

/** The same filters as the API takes them. */
export function toDeviceFilter({ seen, online, outOfDate, sort: _, ...plain }: TableFilters): DeviceFilter {
  const hours = Number(seen)
  return {
    ...plain,
    ...(online !== undefined && { online: online === 'true' }),
    ...(outOfDate !== undefined && { outOfDate: outOfDate === 'true' }),
    // To the minute, so that the same filter is the same read.
    ...(hours > 0 && {
      checkedInBefore: new Date(Math.floor((Date.now() - hours * hourMs) / minuteMs) * minuteMs).toISOString(),
    }),
  }
}

/** The same as the list takes them. */
export const toDeviceQuery = (filters: TableFilters): Omit<DeviceQuery, 'limit'> => ({
  ...toDeviceFilter(filters),
  ...(filters.sort && { sort: filters.sort as NonNullable<DeviceQuery['sort']> }),
})

const days = (hours: number) => (hours % 24 === 0 ? plural(hours / 24, 'day') : plural(hours, 'hour'))
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

const wording: { readonly [name in keyof TableFilters]?: (value: string) => string } = {
  n: (text) => `with “${text}”`,
  group: (name) => `group ${name}`,
  family: (name) => `family ${name}`,
  online: (value) => (value === 'true' ? 'online' : 'offline'),
  iccid: (iccid) => `SIM ${iccid}`,
  outOfDate: (value) => (value === 'true' ? 'out of date' : 'up to date'),
  seen: (hours) => `not seen for ${days(Number(hours))}`,
  filter: (text) => text,
}

/** The filters in words: "family D450, offline, not seen for 7 days"; empty without any. */
export const inWords = (filters: TableFilters): string =>
  Object.entries(wording)
    .flatMap(([name, say]) => {
      const value = filters[name as keyof TableFilters]
      return value === undefined ? [] : [say(value)]
    })
    .join(', ')

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
const fragments = ['name', 'serialnumber', 'imei', 'iccid', 'id']

const comparisons: { readonly [name in keyof TableFilters]?: (value: string) => string } = {
  n: (text) => `(${fragments.map((field) => `${field}==${quoted(`*${text}*`)}`).join(' or ')})`,
  group: (name) => `group==${quoted(name)}`,
  family: (name) => `family==${quoted(name)}`,
  online: (value) => `online==${value}`,
  iccid: (iccid) => `iccid==${quoted(iccid)}`,
  outOfDate: (value) => `outOfDate==${value}`,
  seen: (hours) => `lastcheckin<"-${hours}h"`,
  filter: (text) => (/[,]|\bor\b/i.test(text) ? `(${text})` : text),
}

/** All filters as one in the filter language, as a view keeps it; empty without any. */
export const toFilterText = (filters: TableFilters): string =>
  Object.entries(comparisons)
    .flatMap(([name, write]) => {
      const value = filters[name as keyof TableFilters]
      return value === undefined ? [] : [write(value)]
    })
    .join(' and ')
