import { once } from 'node:events'
import { dayMs, hourMs } from '@mason/contract/time'
import { from } from 'pg-copy-streams'
import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import { processesOf } from '../platform.ts'
import { iccidOf } from '../sims.ts'

const records = 400_000
const connections = 3

interface Pattern {
  name: string
  perSim: number
  /** The number of the SIM at a position of the feed. */
  simAt(position: number, sims: number): number
}

const atRandom = (_: number, sims: number) => Math.floor(Math.random() * sims)

const patterns: Pattern[] = [
  { name: 'a SIM’s day by the hour, 24 records in a row', perSim: 24, simAt: atRandom },
  { name: 'one record of each SIM, in order', perSim: 1, simAt: (position, sims) => position % sims },
  { name: 'one record of each SIM, at random', perSim: 1, simAt: atRandom },
]

/** Ingests records as NDJSON, compared with COPY of the same records into a bare table, after a warm-up. */
export async function measureIngest({ options, platform, client }: Context): Promise<Comparison[]> {
  await client.query(
    'CREATE TABLE floor_usage (id text, iccid text, started_at timestamptz, ended_at timestamptz, upload bigint, download bigint)',
  )
  const comparisons: Comparison[] = []
  let run = 0
  for (const pattern of patterns) {
    let rows: Row[] = []
    let bodies: Buffer[] = []
    const prepare = () => {
      rows = draw(options.sims, pattern, run++)
      bodies = slices(rows).map((slice) => Buffer.from(slice.map(asJson).join('')))
    }
    const ours = () => rate(() => Promise.all(bodies.map((body) => post(platform, body))))
    prepare()
    await ours()
    comparisons.push(
      await compare({
        path: `Usage ingest, ${pattern.name}`,
        floorIs: 'COPY of the same records into a bare table',
        target: 0.25,
        rounds: options.rounds,
        processes: processesOf(platform),
        prepare,
        ours,
        floor: async () => {
          const text = Buffer.from(rows.map((row) => `${row.join('\t')}\n`).join(''))
          await client.query('TRUNCATE floor_usage')
          return rate(async () => {
            const copy = client.query(from('COPY floor_usage FROM STDIN'))
            copy.end(text)
            await once(copy, 'finish')
          })
        },
      }),
    )
  }
  return comparisons
}

type Row = [id: string, iccid: string, start: string, end: string, upload: number, download: number]

function draw(sims: number, { perSim, simAt }: Pattern, run: number): Row[] {
  const midnight = Math.floor(Date.now() / dayMs) * dayMs - dayMs
  const at = (hour: number) => new Date(midnight + hour * hourMs).toISOString()
  const random = (limit: number) => Math.floor(Math.random() * limit)
  const count = records / perSim
  return Array.from({ length: count }, (_, index) => iccidOf(simAt(run * count + index, sims))).flatMap(
    (iccid, index) =>
      Array.from({ length: perSim }, (_, hour): Row => {
        const id = `r${run}-${index}-${hour}`
        return [id, iccid, at(hour), at(hour + 1), random(1e6), random(1e7)]
      }),
  )
}

const asJson = ([id, iccid, start, end, upload, download]: Row) =>
  `${JSON.stringify({ id, iccid, start, end, upload, download })}\n`

function slices(rows: Row[]): Row[][] {
  const size = Math.ceil(rows.length / connections)
  return Array.from({ length: connections }, (_, index) => rows.slice(index * size, (index + 1) * size))
}

async function rate(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (records / (performance.now() - startedAt)) * 1000
}

async function post({ port, ownerKey }: Context['platform'], body: Buffer): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/default/usage`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { authorization: `basic ${ownerKey}`, 'content-type': 'application/x-ndjson' },
  })
  const { data } = (await answer.json()) as { data?: { duplicates: number; rejected: unknown[] }[] }
  if (answer.status !== 200 || data?.[0]?.duplicates !== 0 || data[0].rejected.length > 0)
    throw new Error(`ingest answered ${answer.status} ${JSON.stringify(data).slice(0, 300)}`)
}
