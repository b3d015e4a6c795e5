import { parseTime } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { faultsOf } from '../../core/http/validation.ts'
import { cardForms } from '../carrier/card-forms.ts'
import { bytesOfMegabytes } from '../carrier/megabytes.ts'
import type { UsageLine } from '../usage/record.ts'

const Amount = T.Union([T.Number({ minimum: 0 }), T.String({ maxLength: 40 })])
const Id = T.Union([T.String({ minLength: 1, maxLength: 100 }), T.Integer()])
const Text = T.String({ maxLength: 100 })

/** A usage record of the Data Streamer of 1NCE and emnify. */
const PushedRecord = T.Object({
  id: Id,
  sim: T.Object({ iccid: Text, iccid_with_luhn: T.Optional(Text) }),
  start_timestamp: T.Optional(Text),
  end_timestamp: T.Optional(Text),
  event_start_timestamp: T.Optional(Text),
  event_stop_timestamp: T.Optional(Text),
  volume: T.Object({ rx: T.Optional(Amount), tx: T.Optional(Amount) }),
  traffic_type: T.Optional(T.Object({ id: T.Optional(T.Integer()) })),
})
type PushedRecord = Static<typeof PushedRecord>

const trafficOfData = 5

/** A record that was read, under each form of its SIM's number. */
export type Read = Omit<UsageLine, 'line' | 'iccid' | 'source'> & { iccids: string[] }

/** @returns the record, `ignored` for what tells of no data, or what is wrong with it. */
export function readPushed(value: unknown, carrier: string): Read | 'ignored' | { fault: string } {
  if (!isOfUsage(value)) return 'ignored'
  const [first] = faultsOf(PushedRecord, value)
  if (first) return { fault: `${first.path.slice(1) || 'it'} ${first.message}` }
  const { id, sim, volume, traffic_type, ...times } = value as PushedRecord
  if (traffic_type?.id !== undefined && traffic_type.id !== trafficOfData) return 'ignored'
  const iccids = cardForms(sim.iccid, sim.iccid_with_luhn)
  if (iccids.length === 0) return { fault: 'sim/iccid is no ICCID' }
  const [upload, download] = [bytesOfMegabytes(volume.tx ?? 0), bytesOfMegabytes(volume.rx ?? 0)]
  if (upload === undefined || download === undefined) return { fault: 'volume is no number of megabytes' }
  const span = readSpan(times)
  return 'fault' in span ? span : { id: `${carrier}:${id}`, iccids, ...span, upload, download }
}

type Times = Omit<PushedRecord, 'id' | 'sim' | 'volume' | 'traffic_type'>

function readSpan(times: Times): { start: number; end: number } | { fault: string } {
  const start = readTime(times.start_timestamp ?? times.event_start_timestamp)
  const end = readTime(times.end_timestamp ?? times.event_stop_timestamp) ?? start
  if (start === undefined || end === undefined) return { fault: 'start_timestamp is no date and time' }
  if (end < start) return { fault: 'end_timestamp is before start_timestamp' }
  if (end > Date.now() + futureMs) return { fault: 'it lies more than a day in the future' }
  if (end - start > longestMs) return { fault: 'it lasts more than 31 days' }
  return { start, end }
}

const futureMs = 86_400_000
const longestMs = 31 * 86_400_000

/** The same stream may carry events. */
const isOfUsage = (value: unknown) =>
  typeof value !== 'object' || value === null || Array.isArray(value) || 'volume' in value || !('event_type' in value)

/** Times are in UTC, with a space for the T and without a zone. */
function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const zoned = /(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text) ? text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : `${text}Z`
  return parseTime(zoned.replace(' ', 'T'))?.getTime()
}
