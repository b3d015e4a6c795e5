import { create } from '../../packages/server/src/account/service.ts'
import { seedFleet } from '../fleet.ts'
import { settle } from '../settle.ts'
import type { SimulatedDevice } from '../simulator/simulator.ts'
import type { ChannelContext } from './context.ts'

export interface ChannelFleet {
  ownerKey: string
  accountId: string
  devices: SimulatedDevice[]
}

/** Fills an account with so many devices, apart from all others: a batch to everyone means them. */
export async function fillAccount(
  { client, database }: ChannelContext,
  name: string,
  devices: number,
): Promise<ChannelFleet> {
  process.stderr.write(`filling an account of ${devices.toLocaleString('en')} devices for ${name}\n`)
  const { account, key } = await create(database, name)
  const fleet = await seedFleet(client, devices, name)
  await settle(client)
  return {
    ownerKey: key,
    accountId: account.id,
    devices: fleet.ids.map((id, place) => ({ id, secret: fleet.secretOf(place) })),
  }
}
