import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import type { Client } from '@mason/sdk/client'
import { groups, offlineShare } from './groups.ts'
import { type SimulatedFleet, simulate } from './simulator.ts'
import { unlessThere } from './unless-there.ts'

export async function createGroups({ call }: Client): Promise<void> {
  for (const { name, description } of groups) await unlessThere(call(createGroup, { name, description }))
}

/** Enrolls simulated devices that have gone offline since, a few in each group. */
export async function enrollOfflineDevices(url: string, client: Client, size: number): Promise<void> {
  await inEveryGroup(client, size, async ({ token, family, offline, index }) => {
    const fleet = await simulate({ server: url, token, family, devices: offline, seed: 100 + index })
    await fleet.stop()
  })
}

/** Enrolls the other devices and keeps them connected until `stop`. Those that are known from an earlier run are the same again. */
export async function connectDevices(url: string, key: string, client: Client, size: number): Promise<SimulatedFleet> {
  const fleets = await inEveryGroup(client, size, ({ token, family, online, flags, index }) =>
    simulate({ server: url, token, family, devices: online, seed: index + 1, flags: ['--label-key', key, ...flags] }),
  )
  return { stop: async () => void (await Promise.all(fleets.map((fleet) => fleet.stop()))) }
}

interface GroupShare {
  token: string
  family: string
  flags: readonly string[]
  index: number
  online: number
  offline: number
}

/** @param size how many devices the whole fleet has; each group has its share of them. */
function inEveryGroup<T>({ call }: Client, size: number, work: (share: GroupShare) => Promise<T>): Promise<T[]> {
  const total = groups.reduce((sum, { devices }) => sum + devices, 0)
  return Promise.all(
    groups.map(async ({ name, description, family, devices, flags }, index) => {
      const { data } = await call(createEnrollment, { group: name, note: description })
      const count = Math.max(2, Math.round((devices * size) / total))
      const offline = Math.max(1, Math.round(count * offlineShare))
      return work({ token: data[0]?.token ?? '', family, flags, index, online: count - offline, offline })
    }),
  )
}
