import { createCarrier, getCarrier } from '@mason/contract/carrier'
import { carrierKind, carrierSettings } from '@mason/contract/carrier-type'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { getSim, updateSim } from '@mason/contract/sim'
import { createClient } from '@mason/sdk/client'
import { expect, test, vi } from 'vitest'
import { callsFakes, useCarriers } from './carriers/connect.ts'
import { dialects } from './carriers/dialects.ts'
import type { FakeCarrier, FakeRequest } from './carriers/fake.ts'
import { freePort } from './free-port.ts'
import { newDataDir } from './program.ts'
import { usePrograms } from './programs.ts'

const start = usePrograms()
const newCarrier = useCarriers()
/** A connection of a server that was killed is free for another when its lease is over. */
const patience = { timeout: 120_000, interval: 100 }

const imei = '490154203237518'
const isChange = ({ method, path }: FakeRequest) =>
  method !== 'GET' && !/\/(auth|authenticate|token)$/.test(path) && !path.endsWith('enable_termination')

test('changes that a carrier was asked for when the server was killed are carried to their end, and asked for once', async () => {
  const environment = { ...callsFakes, DATA_DIR: await newDataDir(), PORT: String(await freePort()) }
  let program = await start(environment)
  const { call } = createClient({ baseUrl: program.url, key: program.ownerKey ?? '', maxRetries: 10 })
  const changes = new Map<FakeCarrier, string[]>()
  const sims: { fake: FakeCarrier; name: string; iccid: string }[] = []
  for (const [index, dialect] of dialects.entries()) {
    const fake = await newCarrier(dialect)
    const asked: string[] = []
    changes.set(fake, asked)
    fake.watch = (request) => void (isChange(request) && asked.push(`${request.method} ${request.path}`))
    const iccid = withLuhnDigit(`898830300000912345${index}`)
    fake.add(iccid).imei = imei
    const name = `our-${dialect.type}`
    const options = { baseUrl: fake.url, requestsPerSecond: 500, importSims: true }
    await call(createCarrier, { type: dialect.type, name, credentials: dialect.credentials, options })
    sims.push({ fake, name, iccid })
  }
  const connection = async (name: string) => (await call(getCarrier, { name })).data[0]
  for (const { name } of sims)
    await vi.waitFor(async () => expect((await connection(name))?.lastSyncAt).toBeDefined(), patience)

  const body = { state: 'suspended', imeiLock: imei, dataLimit: { bytes: 1_500_000, action: 'suspend' } } as const
  await Promise.all(sims.map(({ iccid }) => call(updateSim, { iccid, ...body })))
  await vi.waitFor(() => expect([...changes.values()].flat().length).toBeGreaterThan(0), {
    timeout: 60_000,
    interval: 1,
  })
  await program.end('SIGKILL')
  program = await start(environment)
  for (const { fake, iccid } of sims) {
    await vi.waitFor(async () => {
      const [sim] = (await call(getSim, { iccid })).data
      expect([sim?.state, sim?.pendingState]).toEqual(['suspended', undefined])
      for (const { state } of Object.values(sim?.atCarrier ?? {})) expect(state).toBe('set')
    }, patience)
    const { limitations } = carrierKind(fake.dialect.type)
    const settings = carrierSettings.filter((setting) => !(setting in limitations))
    expect(fake.sims.get(iccid)).toMatchObject({
      state: 'suspended',
      ...(settings.includes('imeiLock') && { imeiLock: imei }),
      ...(settings.includes('dataLimit') && { dataLimit: 1_500_000 }),
    })
    expect(changes.get(fake)).toHaveLength(1 + settings.length)
  }
}, 600_000)
