import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type pg from 'pg'
import type { Measure } from './channel/context.ts'
import type { Comparison } from './compare.ts'
import type { LogVolume } from './paths/log.ts'
import type { QueryTimes } from './paths/queries.ts'

/** The comparisons as a Markdown table. */
export function comparisonTable(comparisons: Comparison[]): string {
  return table(
    ['path', 'ours', 'floor', 'ratio', 'target', 'what the floor is'],
    comparisons.map(({ path, ours, floor, floorIs, target }) => [
      path,
      perSecond(ours),
      perSecond(floor),
      (ours / floor).toFixed(2),
      `≥ ${target.toFixed(2)}`,
      floorIs,
    ]),
  )
}

/** The measures of the device channel as a Markdown table. */
export function channelTable(measures: Measure[]): string {
  const text = (value: number | undefined, unit: Measure['unit']) => {
    if (value === undefined) return ''
    return unit === '/s' ? perSecond(value) : `${precise(value)} ${unit}`
  }
  return table(
    ['measure', 'ours', 'aedes alone', 'ratio', 'target'],
    measures.map(({ name, ours, floor, unit, target = '' }) => [
      name,
      text(ours, unit),
      text(floor, unit),
      floor === undefined ? '' : (ours / floor).toFixed(2),
      target,
    ]),
  )
}

/** The times of the queries as a Markdown table. */
export function queryTable(times: QueryTimes[]): string {
  return table(
    ['query', 'p50 ms', 'p99 ms', 'rows'],
    times.map(({ name, p50, p99, rows }) => [name, p50.toFixed(2), p99.toFixed(2), String(rows)]),
  )
}

/** What is written to the log as a Markdown table. */
export function logTable(volumes: LogVolume[]): string {
  return table(
    ['log of', 'bytes', 'page images', 'GB a day for 1,000,000 devices every 900 s'],
    volumes.map(({ name, bytesPerCheckin, imagesPerCheckin, gigabytesPerDay }) => [
      name,
      precise(bytesPerCheckin),
      imagesPerCheckin.toFixed(3),
      precise(gigabytesPerDay),
    ]),
  )
}

/** The machine and the versions that the figures were measured on. */
export async function machineFacts(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
  const processors = cpus()
  return [
    `${processors.length} cores (${processors[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB`,
    `Node ${process.versions.node}`,
    `PostgreSQL ${rows[0]?.server_version}`,
    `Linux ${kernel()}`,
    'client, server and database on the same machine',
  ].join('; ')
}

function kernel(): string {
  return readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
}

const precise = (value: number) => (value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en'))
const perSecond = (rate: number) => `${Math.round(rate).toLocaleString('en')}/s`

/** A Markdown table. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
