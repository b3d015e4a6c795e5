// Events at an even pace to ten webhooks, of which one is slow and one never answers: how late the others get theirs, what memory it takes,
// and how late check-ins are answered meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createWebhook } from '@mason/contract/webhook'
import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { sharedNow } from '../clock.ts'
import { onClose, runProgram } from '../closing.ts'
import { costs } from '../compare.ts'
import { readCpu } from '../cpu.ts'
import { CheckIns } from '../endurance/check-ins.ts'
import { Latencies } from '../endurance/latencies.ts'
import { type Fleet, seedFleet } from '../fleet.ts'
import { readResidentKb } from '../memory.ts'
import { processesOf, profiled, startPlatform } from '../platform.ts'
import { reachSteadyState } from '../steady-state.ts'
import { machineFacts, table } from '../table.ts'
import { startWorker } from '../worker.ts'
import type { Lags, Manner } from './receivers.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    /** Events a second. */
    events: { type: 'string', default: '1000' },
    /** How many of the ten webhooks want each event. */
    wanted: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    /** Check-ins a second, all the time. */
    checkins: { type: 'string', default: '100' },
    profile: { type: 'string' },
  },
})
const [events, wanted, seconds] = [Number(values.events), Number(values.wanted), Number(values.seconds)]
const manners: Manner[] = [...Array<Manner>(8).fill('well'), 'slow', 'dead']
/** Each webhook wants as many of these as said, from its own on. */
const types = ['renamed', 'moved', 'missed', 'online', 'offline', 'reenrolled', 'enrolled', 'conflict', 'deprovisioned']
  .concat('report_fault')
  .map((word) => `device.${word}`)
const tickMs = 20
const drainSeconds = 60

const say = (line: string) => process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const settings = { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' }
  const platform = await startPlatform(profiled(values.profile), { settings })
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  const fleet = await seedFleet(client, Number(values.devices))
  await reachSteadyState(client)
  const receivers = startWorker(new URL('./receivers.ts', import.meta.url).pathname)
  const urls = await receivers.ask<string[]>({ open: manners })
  const { call } = createClient({ baseUrl: `http://127.0.0.1:${platform.port}`, key: platform.ownerKey })

  const latencies = new Latencies()
  const checkIns = new CheckIns(platform.port, fleet, Number(values.checkins), latencies)
  await sleep(5_000)
  const aloneMs = sharedNow()
  await sleep((seconds / 2) * 1_000)
  const alone = latencies.describe(aloneMs, sharedNow() - 1_000)
  say(`check-ins alone: ${alone}`)

  for (const [index, url] of urls.entries())
    await call(createWebhook, {
      url,
      types: Array.from({ length: wanted }, (_, next) => types[(index + next) % types.length] ?? ''),
    })
  const memory: number[] = []
  const looking = setInterval(() => memory.push(Math.round(readResidentKb(platform.pid) / 1024)), 1_000)
  onClose(() => clearInterval(looking))
  const [fromMs, before] = [sharedNow(), readCpu(processesOf(platform))]
  const sent = await sendEvents(client, fleet)
  const [toMs, after] = [sharedNow(), readCpu(processesOf(platform))]
  const wellWanted = Math.floor((sent * wanted * 8) / 10)
  const during = await receivers.ask<Lags>({ report: 'lags' })
  const lateSeconds = await drain(receivers, wellWanted - during.count)
  clearInterval(looking)
  await checkIns.end()

  const perSecond = (during.count / ((toMs - fromMs) / 1_000)).toFixed(0)
  const megabytes = (share: number) => `${memory[Math.floor((memory.length - 1) * share)] ?? 0} MB`
  process.stdout.write(
    `\n${table(
      ['what', 'measured'],
      [
        ['events a second, and webhooks that want each', `${(sent / ((toMs - fromMs) / 1_000)).toFixed(0)}, ${wanted}`],
        ['deliveries a second to the eight that answer well', perSecond],
        ['their lag: p50, p99, worst', `${during.p50}, ${during.p99}, ${during.worst} ms`],
        ['until they had all of it after the last event', `${lateSeconds.toFixed(1)} s`],
        ['calls to the slow one, to the one that never answers', `${during.counts[8]}, ${during.counts[9]}`],
        ['memory of the server at the start, the middle and the end', [0, 0.5, 1].map(megabytes).join(', ')],
        ['check-ins before', alone],
        ['check-ins meanwhile', latencies.describe(fromMs, toMs)],
        ['CPU in µs for each event', costs(before, after, sent)],
      ],
    )}\n\n${await machineFacts(client)}\n`,
  )
}

/** Writes events in transactions of a few. @returns how many. */
async function sendEvents(client: pg.Client, fleet: Fleet): Promise<number> {
  const { rows } = await client.query<{ id: string }>(`SELECT id FROM account WHERE name = 'default'`)
  const devices = fleet.ids.slice(0, 1_000)
  let sent = 0
  const startedMs = sharedNow()
  for (; sharedNow() - startedMs < seconds * 1_000; await sleep(tickMs)) {
    const due = Math.floor(((sharedNow() - startedMs) / 1_000) * events)
    if (due > sent)
      await client.query({ name: 'events', text: newEvents, values: [rows[0]?.id, types, devices, sent, due - 1] })
    sent = due
  }
  return sent
}

const newEvents = `
  SELECT record_events(array_agg(ROW($1::uuid, ($2::text[])[1 + n % cardinality($2::text[])], '{"kind": "system", "id": "bench"}'::jsonb,
    jsonb_build_object('kind', 'device', 'id', device), device, jsonb_build_object('name', 'Till ' || n))::new_event))
  FROM generate_series($4::int, $5::int) AS n, LATERAL (SELECT ($3::uuid[])[1 + n % cardinality($3::uuid[])] AS device) AS d`

/** @returns the seconds until so many more have come, or the longest that is waited for them. */
async function drain(receivers: ReturnType<typeof startWorker>, missing: number): Promise<number> {
  const startedMs = sharedNow()
  const waited = () => (sharedNow() - startedMs) / 1_000
  for (let left = missing; left > 0 && waited() < drainSeconds; await sleep(100))
    left -= (await receivers.ask<Lags>({ report: 'lags' })).count
  return waited()
}

await runProgram(main, (error) => say(String(error)))
