import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '../floor/broker.ts'
import type { Simulator } from '../simulator/simulator.ts'
import type { ChannelContext } from './context.ts'

const lookEveryMs = 50
const patienceMs = 120_000

/** Waits until so many devices of the account are recorded as connected. */
export async function platformKnows(
  { client }: ChannelContext,
  { accountId, devices, simulator }: { accountId: string; devices: number; simulator: Simulator },
): Promise<void> {
  await until(`${devices} devices to be recorded as connected`, devices, async () => {
    await simulator.check()
    const { rows } = await client.query<{ connected: number }>(
      'SELECT count(*)::int AS connected FROM device WHERE account_id = $1 AND gateway IS NOT NULL',
      [accountId],
    )
    return rows[0]?.connected
  })
}

export async function brokerKnows(broker: Broker, clients: number): Promise<void> {
  await until(`aedes to have ${clients} clients`, clients, () => broker.count())
}

/** @throws when it takes minutes. */
export async function until<Value>(what: string, wanted: Value, look: () => Promise<Value | undefined>): Promise<void> {
  for (const deadline = Date.now() + patienceMs; (await look()) !== wanted; await sleep(lookEveryMs))
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`)
}
