import { once } from 'node:events'
import { from } from 'pg-copy-streams'
import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import { processesOf } from '../platform.ts'
import { iccidOf } from '../sims.ts'

const records = 400_000
const connections = 3

/** Records as NDJSON beside COPY of the same records into a bare table: a day of each SIM by the hour, and one of each SIM. */
export async function measureIngest({ options, platform, client }: Context): Promise<Comparison[]> {
  await client.query(
    'CREATE TABLE floor_usage (id text, iccid text, started_at timestamptz, ended_at timestamptz, upload bigint, download bigint)',
  )
  const comparisons: Comparison[] = []
  let run = 0
  for (const perSim of [24, 1]) {
    let rows: Row[] = []
    let bodies: Buffer[] = []
    comparisons.push(
      await compare({
        path: `Usage ingest, ${perSim === 1 ? 'one record' : `${perSim} records`} of a SIM in a row`,
        floorIs: 'COPY of the same records into a bare table',
        target: 0.25,
        rounds: options.rounds,
        processes: processesOf(platform),
        prepare: () => {
          rows = draw(options.sims, perSim, `r${run++}`)
          bodies = slices(rows).map((slice) => Buffer.from(slice.map(asJson).join('')))
        },
        ours: () => rate(() => Promise.all(bodies.map((body) => post(platform, body)))),
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

function draw(sims: number, perSim: number, run: string): Row[] {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000
  const at = (hour: number) => new Date(midnight + hour * 3_600_000).toISOString()
  const random = (limit: number) => Math.floor(Math.random() * limit)
  return Array.from({ length: records / perSim }, () => iccidOf(random(sims))).flatMap((iccid, place) =>
    Array.from({ length: perSim }, (_, hour): Row => {
      const id = `${run}-${perSim}-${place}-${hour}`
      return [id, iccid, at(hour), at(hour + 1), random(1e6), random(1e7)]
    }),
  )
}

const asJson = ([id, iccid, start, end, upload, download]: Row) =>
  `${JSON.stringify({ id, iccid, start, end, upload, download })}\n`

function slices(rows: Row[]): Row[][] {
  const size = Math.ceil(rows.length / connections)
  return Array.from({ length: connections }, (_, place) => rows.slice(place * size, (place + 1) * size))
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
