import { deviceSorts, simSorts } from '@mason/contract/filter/fields'
import { pick } from '../random.ts'
import { iccidOf } from '../sims.ts'

type Question = [name: string, path: () => string]

/** Each field of a filter, each sort, counts and searches, of the fleet that `seedFleet` and `seedSims` fill. */
export function questions(ids: readonly string[]): Question[] {
  const number = () => 1 + Math.floor(Math.random() * ids.length)
  const digits = (length: number) => String(number()).padStart(length, '0')
  const ask = (path: string, query: () => Record<string, string>) => () =>
    `/v1/default/${path}?${new URLSearchParams(query())}`
  const store = () => number() % 400

  /** A comparison by each field; what is compared differs from request to request. */
  const ofDevices: (() => string)[] = [
    () => `id==${pick(ids)}`,
    () => `name=="Till ${digits(7)}"`,
    () => `name=="till ${digits(7).slice(0, 6)}*"`,
    () => `name==*${digits(4)}*`,
    () => `serialnumber==msn-k7-${digits(8)}`,
    () => `imei==35693803${digits(7)}`,
    () => `iccid==8988303000${digits(9)}`,
    () => 'family==k7',
    () => 'group==pilot',
    () => 'online==false',
    () => 'lastcheckin<"-7d"',
    () => 'createdAt>"-1d"',
    () => `os.release==2.14.${number() % 6}`,
    () => 'os.release<2.14.3',
    () => `os.incremental==2026.07.${number() % 6}`,
    () => 'project==till-front',
    () => 'projectVersion<25',
    () => 'battery.level<20',
    () => `label.store==${store()}`,
    () => `label.store=in=(${store()},${store()})`,
    () => 'app.com.example.till<"12000"',
    () => `wifi.ssid==store-${store()}`,
    () => 'sim.carrier=="Example Mobile"',
    () => 'outOfDate==true',
    () => 'conflict==true',
    () => 'reportFaults==true',
    () => `label.store==${store()} and battery.level<20 and family==d450`,
  ]
  const ofSims: (() => string)[] = [
    () => `iccid==${iccidOf(number() - 1)}`,
    () => 'name==nothing',
    () => 'imsi==90128*',
    () => 'msisdn==49*',
    () => 'state==ready',
    () => 'stateReason==nothing',
    () => 'carrier==manual',
    () => `marker.customer==c${number() % 20}`,
    () => `device==${pick(ids)}`,
    () => 'limit>1000',
    () => 'usage.month>1000000',
    () => 'createdAt<"-1d"',
    () => 'activatedAt<"-1d"',
  ]
  /** The name of a question is its filter, with a sign for each number that differs. */
  const named = (filter: () => string) => filter().replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4,}/g, '…')
  const filtersOf = (kind: string, filters: readonly (() => string)[]): Question[] =>
    filters.flatMap((filter): Question[] => [
      [`${kind}: ${named(filter)}`, ask(kind, () => ({ filter: filter() }))],
      [`${kind}, count: ${named(filter)}`, ask(`${kind}/count`, () => ({ filter: filter() }))],
    ])
  const sortsOf = (kind: string, sorts: readonly string[]): Question[] =>
    sorts.flatMap((sort) =>
      [sort, `-${sort}`].map((one): Question => [`${kind}: sort=${one}`, ask(kind, () => ({ sort: one }))]),
    )
  const fragments: Question[] = [
    ['device: n=3 digits', ask('device', () => ({ n: digits(7).slice(-3) }))],
    ['device: n=4 digits', ask('device', () => ({ n: digits(7).slice(-4) }))],
    ['device: n=7 digits', ask('device', () => ({ n: digits(7) }))],
    ['device: n=a word of all', ask('device', () => ({ n: 'till' }))],
    ['device: n=nothing', ask('device', () => ({ n: 'zzz' }))],
    ['sim: n=4 digits', ask('sim', () => ({ n: digits(7).slice(-4) }))],
    ['search: 4 digits', ask('search', () => ({ q: digits(7).slice(-4) }))],
    ['search: 7 digits', ask('search', () => ({ q: digits(7) }))],
    ['search: a word of all', ask('search', () => ({ q: 'till' }))],
    ['search: nothing', ask('search', () => ({ q: 'zzz' }))],
  ]
  return [
    ...filtersOf('device', ofDevices),
    ...sortsOf('device', deviceSorts),
    ...filtersOf('sim', ofSims),
    ...sortsOf('sim', simSorts),
    ...fragments,
  ]
}
