import { dayMs } from '@mason/contract/time'
import { getSimUsage, getSimUsageSeries, getUsage, getUsageSeries, listSimUsage } from '@mason/contract/usage'
import { expect } from 'vitest'
import type { TestAccount } from './harness.ts'

export const sims = ['8988303000000000011', '8988303000000000029', '8988303000000000037', '8988303000000000045']
/** Around a leap day and the ends of months. */
export const firstDay = Date.UTC(2024, 1, 26)
export const days = 12
export const markerKeys = ['customer', 'site']

/** A record, with its times in milliseconds. */
export interface Truth {
  id: string
  iccid: string
  start: number
  end: number
  upload: number
  download: number
  source?: string
}
/** What a source says of a SIM on a day, which begins at that time. */
export interface Figure {
  source: string
  iccid: string
  day: number
  upload: number
  download: number
}
/** What a marker of a SIM was in a span of days. */
export interface Mark {
  iccid: string
  key: string
  value: string
  from: number
  until: number
}

interface Part {
  iccid: string
  day: number
  upload: number
  download: number
}

/** By big integers, one day at a time. */
function partsOf({ iccid, start, end, upload, download }: Truth): Part[] {
  const parts: Part[] = []
  let [upLeft, downLeft] = [upload, download]
  for (let day = Math.floor(start / dayMs) * dayMs; ; day += dayMs) {
    const isLast = day + dayMs >= end
    const ms = BigInt(Math.min(end, day + dayMs) - Math.max(start, day))
    const share = (all: number) => Number((BigInt(all) * ms) / BigInt(end - start))
    const [up, down] = isLast ? [upLeft, downLeft] : [share(upload), share(download)]
    parts.push({ iccid, day, upload: up, download: down })
    upLeft -= up
    downLeft -= down
    if (isLast) return parts
  }
}

const model = (parts: Part[], date: number) => {
  const [upload, download] = [
    parts.reduce((sum, part) => sum + part.upload, 0),
    parts.reduce((sum, part) => sum + part.download, 0),
  ]
  return {
    total: upload + download,
    unit: 'bytes',
    upload,
    date: `${new Date(date).toISOString().slice(0, 19)}Z`,
    download,
  }
}

/** That every read is the plain sum over these records and figures; of a record whose source gave a figure its day does not count. */
export async function expectSums(
  { call }: TestAccount,
  truths: Truth[],
  marks: Mark[],
  figures: Figure[] = [],
): Promise<void> {
  const keyOf = (source: string | undefined, { iccid, day }: { iccid: string; day: number }) =>
    `${source} ${iccid} ${day}`
  const given = new Set(figures.map((figure) => keyOf(figure.source, figure)))
  const parts = [
    ...truths.flatMap((truth) => partsOf(truth).filter((part) => !given.has(keyOf(truth.source, part)))),
    ...figures,
  ]
  const months = [Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1), Date.UTC(2024, 3, 1)]
  const [seriesStart, seriesEnd] = [firstDay - dayMs, firstDay + (days + 4) * dayMs]
  const seriesDays = Array.from(
    { length: (seriesEnd - seriesStart) / dayMs },
    (_, index) => seriesStart + index * dayMs,
  )
  const iso = (time: number) => new Date(time).toISOString().slice(0, 10)
  const inWindow = (from: number, until: number) => parts.filter((part) => part.day >= from && part.day < until)
  const series = { start: iso(seriesStart), end: iso(seriesEnd) }
  const byValue = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

  expect((await call(getUsageSeries, series)).data).toEqual(
    seriesDays.map((day) => ({ usage: model(inWindow(day, day + dayMs), day) })),
  )
  for (const [index, month] of months.slice(0, 2).entries()) {
    const nextMonth = months[index + 1] ?? 0
    const date = iso(month)
    expect((await call(getUsage, { date })).data).toEqual([{ usage: model(inWindow(month, nextMonth), month) }])
    const bySim = sims.map((iccid) => ({
      sim: { iccid },
      usage: model(
        inWindow(month, nextMonth).filter((part) => part.iccid === iccid),
        month,
      ),
    }))
    expect((await call(listSimUsage, { date })).data).toEqual(bySim)
    expect((await call(getSimUsage, { date, iccid: sims[0] ?? '' })).data).toEqual(bySim.slice(0, 1))

    for (const key of markerKeys) {
      const its = marks.filter((mark) => mark.key === key)
      const had = its.filter((mark) => mark.from < nextMonth && mark.until > month)
      const values = [...new Set(had.map((mark) => mark.value))].sort(byValue)
      const partsFor = (value: string, window: Part[]) =>
        window.filter((part) =>
          its.some(
            (mark) =>
              mark.value === value && mark.iccid === part.iccid && mark.from <= part.day && part.day < mark.until,
          ),
        )
      const element = (value: string) => ({
        marker: { key, value },
        usage: model(partsFor(value, inWindow(month, nextMonth)), month),
      })
      expect((await call(getUsage, { date, marker: key })).data).toEqual(values.map(element))
      expect((await call(getUsage, { date, marker: `${key}:c:d` })).data).toEqual([element('c:d')])
      const marked = sims.flatMap((iccid) =>
        values
          .filter((value) => had.some((mark) => mark.iccid === iccid && mark.value === value))
          .map((value) => ({
            marker: { key, value },
            sim: { iccid },
            usage: model(
              partsFor(value, inWindow(month, nextMonth)).filter((part) => part.iccid === iccid),
              month,
            ),
          })),
      )
      const pages = []
      let after: string | undefined
      do {
        const page = await call(listSimUsage, { date, marker: key, limit: 1, ...(after !== undefined && { after }) })
        pages.push(...page.data)
        after = page.nextPage
      } while (after !== undefined)
      expect(pages).toEqual(marked)

      const everHad = its.filter((mark) => mark.from < seriesEnd && mark.until > seriesStart)
      const everValues = [...new Set(everHad.map((mark) => mark.value))].sort(byValue)
      expect((await call(getUsageSeries, { ...series, marker: key })).data).toEqual(
        seriesDays.flatMap((day) =>
          everValues.map((value) => ({
            marker: { key, value },
            usage: model(partsFor(value, inWindow(day, day + dayMs)), day),
          })),
        ),
      )
      const ofSim = everValues.filter((value) => everHad.some((mark) => mark.iccid === sims[0] && mark.value === value))
      expect((await call(getSimUsageSeries, { ...series, marker: key, iccid: sims[0] ?? '' })).data).toEqual(
        seriesDays.flatMap((day) =>
          ofSim.map((value) => ({
            marker: { key, value },
            sim: { iccid: sims[0] },
            usage: model(
              partsFor(value, inWindow(day, day + dayMs)).filter((part) => part.iccid === sims[0]),
              day,
            ),
          })),
        ),
      )
    }
  }
}
