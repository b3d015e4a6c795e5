import T from 'typebox'
import type { DayUsage } from '../../carrier.ts'
import { CarrierFault } from '../../fault.ts'
import type { Link, LinkAnswer } from '../../link.ts'
import { bytesOfMegabytes } from '../../megabytes.ts'

const Volume = T.Union([T.String(), T.Number()])

/** Usage by day, in decimal megabytes: what the SIM received and what it sent. */
const Stats = T.Object({
  stats: T.Array(
    T.Object({
      date: T.String({ minLength: 10 }),
      data: T.Optional(T.Object({ volume_rx: Volume, volume_tx: Volume })),
    }),
  ),
})

/** Reads usage by day as 1NCE and emnify answer it. */
export function readDayUsage(link: Link, answer: LinkAnswer): DayUsage[] {
  return link.read(Stats, answer, 'usage').stats.map(({ date, data }) => {
    const upload = bytesOfMegabytes(data?.volume_tx ?? 0)
    const download = bytesOfMegabytes(data?.volume_rx ?? 0)
    if (upload === undefined || download === undefined)
      throw new CarrierFault('unreachable', `The carrier's usage of ${date.slice(0, 10)} is no number of megabytes`)
    return { day: date.slice(0, 10), upload, download }
  })
}
