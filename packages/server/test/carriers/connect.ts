import { type CarrierOptions, createCarrier, getCarrier, syncCarrier } from '@mason/contract/carrier'
import { afterEach, expect } from 'vitest'
import type { TestAccount } from '../harness.ts'
import { type Dialect, FakeCarrier } from './fake.ts'

/** What a platform needs to call fakes. */
export const callsFakes = { CARRIER_ALLOW_HTTP: 'true', CARRIER_ALLOW_HOSTS: '127.0.0.1' }

/** Fakes that end with each test, which fails where a request or an answer was not as the carrier documents it. */
export function useCarriers(): (dialect: Dialect) => Promise<FakeCarrier> {
  const fakes: FakeCarrier[] = []
  afterEach(async () => {
    const ended = fakes.splice(0)
    await Promise.all(ended.map((fake) => fake.stop()))
    expect([...new Set(ended.flatMap(({ faults }) => faults))]).toEqual([])
  })
  return async (dialect) => {
    const fake = await new FakeCarrier(dialect).start()
    fakes.push(fake)
    return fake
  }
}

export const waiting = { timeout: 20_000 }

/** Connects an account with a fake, as fast as that answers, and waits for the first sync. */
export async function connect(
  account: TestAccount,
  fake: FakeCarrier,
  options: CarrierOptions = {},
  patience = waiting,
): Promise<string> {
  const { type, credentials } = fake.dialect
  const name = `our-${type}`
  const body = {
    type,
    name,
    credentials,
    options: { baseUrl: fake.url, requestsPerSecond: 500, importSims: true, ...options },
  }
  await account.call(createCarrier, body)
  await expect.poll(async () => (await connection(account, name)).lastSyncAt, patience).toBeDefined()
  return name
}

export async function connection(account: TestAccount, name: string) {
  const [found] = (await account.call(getCarrier, { name })).data
  if (!found) throw new Error(`there is no ${name}`)
  return found
}

/** Syncs, and waits for the end. */
export async function sync(account: TestAccount, name: string, patience = waiting): Promise<void> {
  const before = (await connection(account, name)).lastSyncAt
  await account.call(syncCarrier, { name })
  await expect.poll(async () => (await connection(account, name)).lastSyncAt, patience).not.toBe(before)
}
