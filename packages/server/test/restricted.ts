import { createApiKey } from '@mason/contract/apikey'
import { createGroup } from '@mason/contract/group'
import type { Scope } from '@mason/contract/scopes'
import { registerSim } from '@mason/contract/sim'
import { presets } from '@mason/contract/user'
import { createClient } from '@mason/sdk/client'
import { newDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'
import { newIccid } from './unique.ts'

/** A key that is restricted to these groups and, in them, may do whatever there is. */
export async function restrictedTo(
  { url }: Pick<Platform, 'url'>,
  { call, accountId }: TestAccount,
  groups: string[],
  scopes: readonly Scope[] = presets.admin,
): Promise<TestAccount> {
  const { data } = await call(createApiKey, { name: 'restricted', scopes: [...scopes], groups })
  const key = data[0]?.key ?? ''
  return { ...createClient({ baseUrl: url, key, maxRetries: 0 }), accountId, key }
}

/** An account with a device and its SIM in each of two groups, and a key that is restricted to the first. */
export async function openTwoShops(platform: Platform) {
  const account = await platform.newAccount()
  const shops = await Promise.all(
    ['lyon', 'nice'].map(async (name) => {
      await account.call(createGroup, { name })
      const iccid = newIccid()
      await account.call(registerSim, { iccid })
      const device = await newDevice(platform, account, { group: name, serialnumber: `SN-${name}-${iccid}` })
      const location = { latitude: 45, longitude: 4, recordedAt: '2026-11-02T09:30:00Z' }
      await device.checkIn({ bootId: 'boot-1', connection: { sim: [{ iccid }] }, location })
      return { name, iccid, device }
    }),
  )
  const [lyon, nice] = shops
  if (!lyon || !nice) throw new Error('there are two')
  return { account, lyon, nice, key: await restrictedTo(platform, account, ['lyon']) }
}
