import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { expect } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import type { TestAccount } from '../../server/test/harness.ts'
import { openExchange } from '../src/http/exchange.ts'
import { families } from '../src/simulate/device/families.ts'
import { noFaults } from '../src/simulate/device/faults.ts'
import { Statistics } from '../src/simulate/progress/statistics.ts'
import { wallClock } from '../src/simulate/schedule/clock.ts'
import { simulate } from '../src/simulate/simulate.ts'

/** The one simulated device of an account, which offers its virtual shell. */
export async function startSimulatedDevice(server: string, account: TestAccount) {
  const token = (await account.call(createEnrollment, {})).data[0]?.token ?? ''
  const stopping = new AbortController()
  const exchange = openExchange(server)
  const [family] = families
  const running = simulate(
    {
      ...{ server, token, devices: 1, families: [family], seed: 1, interval: 1 },
      ...{ concurrency: 4, transport: 'auto', bootSeconds: 1, faults: noFaults, xray: true },
    },
    { exchange, clock: wallClock, statistics: new Statistics(1), random: Math.random, signal: stopping.signal },
  )
  const id = await eventually(async () => {
    const { data } = await account.call(listDevices, { filter: 'xray==adb' })
    expect(data).toHaveLength(1)
    return data[0]?.id ?? ''
  })
  return {
    id,
    model: family.name,
    stop: async () => {
      stopping.abort()
      await running
      await exchange.close()
    },
  }
}
