import { sharedNow } from '../clock.ts'
import { costs, median, percentile } from '../compare.ts'
import { readCpu } from '../cpu.ts'
import { type Manner, manners } from '../floor/broker.ts'
import { processesOf } from '../platform.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { reachSteadyState } from '../steady-state.ts'
import type { ChannelContext, Measure } from './context.ts'
import { type ChannelFleet, fillAccount } from './fleet.ts'
import { brokerKnows, platformKnows, until } from './presence.ts'

const concurrency = 200
/** Enough for a sample of the time to the first command. */
const batches = 15
const payload = { action: 'sync', catalog: 'https://till.example/catalog/2026-07', items: 480 }

/** Milliseconds from the start of the request. */
interface Batch {
  answered: number
  first: number
  p50: number
  p99: number
  last: number
  succeeded: number
  perSecond: number
  payloadBytes: number
}

/** Sends a batch to every connected device, each of which acknowledges it, alternating with the same load on aedes alone. */
export async function measureFanout(context: ChannelContext): Promise<Measure[]> {
  const { options, platform, broker } = context
  const count = options.connections
  const fleet = await fillAccount(context, 'fanout', count)
  const [ours, theirs] = [startSimulator(), startSimulator()]
  const { devices } = fleet
  await ours.connect({ port: platform.mqttPort, devices, concurrency, isAcknowledging: true })
  await platformKnows(context, { accountId: fleet.accountId, devices: count, simulator: ours })
  await theirs.connect({ port: broker.port, devices, concurrency, isAcknowledging: false })
  await brokerKnows(broker, count)
  const processes = { ...processesOf(platform), devices: { pid: ours.pid } }

  const sendBatch = async (): Promise<Batch> => {
    const startedAt = sharedNow()
    const arriving = ours.commands(count)
    const id = await send(platform.port, fleet)
    const answered = sharedNow() - startedAt
    const { times, payloadBytes } = await arriving
    await until('a batch to succeed', count, () => succeeded(platform.port, fleet, id))
    const spread = spreadOf(times)
    const since = ([first, ...rest]: number[]) => [first, ...rest].map((time) => (time ?? 0) - startedAt)
    const [first = 0, p50 = 0, p99 = 0, last = 0] = since([spread.first, spread.p50, spread.p99, spread.last])
    return {
      ...{ answered, first, p50, p99, last, succeeded: sharedNow() - startedAt },
      perSecond: spread.perSecond,
      payloadBytes,
    }
  }
  const publishByAedes = async (payloadBytes: number, manner: Manner): Promise<number> => {
    const arriving = theirs.commands(count)
    await broker.publish(
      devices.map(({ id }) => id),
      payloadBytes,
      manner,
    )
    return spreadOf((await arriving).times).perSecond
  }

  const { payloadBytes } = await sendBatch()
  await reachSteadyState(context.client)
  for (const manner of manners) await publishByAedes(payloadBytes, manner)
  const sent: Batch[] = []
  const floors = new Map<Manner, number[]>(manners.map((manner) => [manner, []]))
  for (let round = 1; round <= batches; round++) {
    const before = readCpu(processes)
    const batch = await sendBatch()
    const use = costs(before, readCpu(processes), count)
    sent.push(batch)
    for (const [manner, rates] of floors) rates.push(await publishByAedes(payloadBytes, manner))
    const floor = [...floors].map(([{ via, qos }, rates]) => `${via} QoS ${qos} ${rates.at(-1)?.toFixed(0)}`).join(', ')
    process.stderr.write(
      `fanout, batch ${round}: answered after ${batch.answered.toFixed(0)} ms, first ${batch.first.toFixed(0)}, last ${batch.last.toFixed(0)}, succeeded ${batch.succeeded.toFixed(0)}, ${batch.perSecond.toFixed(0)}/s, CPU µs each: ${use}; aedes alone /s: ${floor}\n`,
    )
  }
  await Promise.all([ours.disconnect(), theirs.disconnect()])
  await platformKnows(context, { accountId: fleet.accountId, devices: 0, simulator: ours })

  const all = (read: (batch: Batch) => number) => sent.map(read)
  const middle = (read: (batch: Batch) => number) => median(all(read))
  const firsts = all(({ first }) => first)
  return [
    {
      name: `Commands to ${count.toLocaleString('en')} devices`,
      ours: middle(({ perSecond }) => perSecond),
      floor: Math.max(...[...floors.values()].map(median)),
      unit: '/s',
      target: 'ratio ≥ 0.50',
    },
    { name: `First command, p50 of ${batches} batches`, ours: percentile(firsts, 0.5), unit: 'ms' },
    { name: 'First command, p99', ours: percentile(firsts, 0.99), unit: 'ms', target: '< 1,000 ms' },
    { name: 'Answer to the request', ours: middle(({ answered }) => answered), unit: 'ms' },
    { name: 'Half of the commands are there', ours: middle(({ p50 }) => p50), unit: 'ms' },
    { name: '99 % are there', ours: middle(({ p99 }) => p99), unit: 'ms' },
    { name: 'The last is there', ours: middle(({ last }) => last), unit: 'ms' },
    { name: 'All have succeeded', ours: middle((batch) => batch.succeeded), unit: 'ms' },
  ]
}

function spreadOf(times: number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const [first, last] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN]
  const perSecond = sorted.length / ((last - first) / 1000)
  return { first, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), last, perSecond }
}

/** Sends a command to all devices. @returns the id of the batch. */
export async function send(port: number, { ownerKey }: ChannelFleet): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/default/notification`, {
    method: 'POST',
    headers: { authorization: `basic ${ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'application', target: { filter: {} }, payload }),
  })
  if (answer.status !== 200) throw new Error(`The batch was answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as { data: [{ id: string }] }).data[0].id
}

async function succeeded(port: number, { ownerKey }: ChannelFleet, id: string): Promise<number | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/default/batch/${id}`, {
    headers: { authorization: `basic ${ownerKey}` },
  })
  return ((await answer.json()) as { data: [{ states: { succeeded?: number } }] }).data[0].states.succeeded
}
