import { create } from '../../packages/server/src/access/account/service.ts'
import { seedFleet } from '../fleet.ts'
import type { SimulatedDevice } from '../simulator/simulator.ts'
import { reachSteadyState } from '../steady-state.ts'
import type { ChannelContext } from './context.ts'

export interface ChannelFleet {
  ownerKey: string
  accountId: string
  devices: SimulatedDevice[]
}

/** Creates an account with a number of devices, so that a batch to all devices reaches exactly these. */
export async function fillAccount(
  { client, database }: Pick<ChannelContext, 'client' | 'database'>,
  name: string,
  devices: number,
): Promise<ChannelFleet> {
  process.stderr.write(`filling an account of ${devices.toLocaleString('en')} devices for ${name}\n`)
  const { account, key } = await create(database, name)
  const fleet = await seedFleet(client, devices, name)
  await reachSteadyState(client)
  return {
    ownerKey: key,
    accountId: account.id,
    devices: fleet.ids.map((id, index) => ({ id, secret: fleet.secretOf(index) })),
  }
}
