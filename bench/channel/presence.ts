import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '../floor/broker.ts'
import type { Simulator } from '../simulator/simulator.ts'
import type { ChannelContext } from './context.ts'

const pollMs = 50
const timeoutMs = 120_000

/** Waits until a number of devices of the account are recorded as connected. */
export async function platformKnows(
  { client }: Pick<ChannelContext, 'client'>,
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

/** Waits until aedes has a number of clients. */
export async function brokerKnows(broker: Broker, clients: number): Promise<void> {
  await until(`aedes to have ${clients} clients`, clients, () => broker.count())
}

/** Waits until a value is read. @throws Error after 2 minutes. */
export async function until<Value>(what: string, wanted: Value, read: () => Promise<Value | undefined>): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; (await read()) !== wanted; await sleep(pollMs))
    if (Date.now() > deadline) throw new Error(`Timed out waiting for ${what}`)
}
