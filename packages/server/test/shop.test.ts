import { setTimeout as sleep } from 'node:timers/promises'
import { createDeployment, getDeployment } from '@mason/contract/deployment'
import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { getBatch, type NotificationType, notifyDevices } from '@mason/contract/notification'
import { type Client, createClient } from '@mason/sdk/client'
import { afterEach, expect, test, vi } from 'vitest'
import { registerApk } from './artifacts.ts'
import { freePort } from './free-port.ts'
import { HeadwindAgent } from './headwind-agent.ts'
import { MdmeshAgent } from './mdmesh-agent.ts'
import { newDataDir } from './program.ts'
import { usePrograms } from './programs.ts'

// `SHOP_DEVICES=200 npm run test:long -- packages/server/test/shop.test.ts` has 200 devices of each kind, and says how long each part takes.

const ofEach = Number(process.env.SHOP_DEVICES ?? 20)
const app = 'com.example.till'
const patience = { timeout: 60_000 + ofEach * 5_000, interval: 100 }
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, patience)

const start = usePrograms()
const agents: (HeadwindAgent | MdmeshAgent)[] = []
afterEach(() => {
  for (const agent of agents.splice(0)) agent.stop()
})

/** What happened on all devices together. */
const sum = (count: (agent: HeadwindAgent | MdmeshAgent) => number) =>
  agents.reduce((total, agent) => total + count(agent), 0)
const reboots = () => sum(({ effects }) => effects.reboots)
const wipes = () => sum(({ effects }) => ('wipes' in effects ? effects.wipes : effects.resets))
const having = () => sum((agent) => Number(agent.installed(app) === 7))

/** Agents as they are in a shop, but for the times: they poll and look after each second, and boot in a moment. */
async function newAgents({ call }: Client): Promise<void> {
  const apk = { url: 'https://files.invalid/agent.apk', checksum: 'A'.repeat(43) }
  const qrFor = async (kind: 'headwind' | 'mdmesh') =>
    (await call(createEnrollment, { kind, apk, group: 'shop' })).data[0]?.qr ?? ''
  const [tablet, phone] = [await qrFor('headwind'), await qrFor('mdmesh')]
  const pace = { model: 'TAB-8', everyMs: 5_000 }
  for (let n = 0; n < ofEach; n++) {
    agents.push(new HeadwindAgent(tablet, { serial: `R52-SHOP-${n}`, pauseMs: 1_000, longPauseMs: 1_000, ...pace }))
    agents.push(new MdmeshAgent(phone, { hardwareId: `hw-shop-${n}`, ...pace }))
  }
}

test('tablets of two vendors’ agents join, get an app, reboot and are wiped, whenever the server is killed, and nothing happens twice', async () => {
  const environment = { DATA_DIR: await newDataDir(), PORT: String(await freePort()) }
  let program = await start(environment)
  const owner = createClient({ baseUrl: program.url, key: program.ownerKey ?? '', maxRetries: 20 })
  const { call } = owner
  const all = 2 * ofEach
  const took: Record<string, number> = {}
  /** Waits until something has begun, kills the server, and waits until it is done all the same. */
  const survive = async (what: string, hasBegun: () => boolean | Promise<boolean>, isDone: () => Promise<void>) => {
    const begun = performance.now()
    await soon(async () => expect(await hasBegun()).toBe(true))
    await program.end('SIGKILL')
    program = await start(environment)
    await soon(isDone)
    took[what] = Math.round((performance.now() - begun) / 100) / 10
  }
  const devices = async () => (await call(listDevices, { group: 'shop', limit: 1_000 })).data
  const command = async (type: NotificationType, more = {}) => {
    const [batch] = (await call(notifyDevices, { type, target: { group: 'shop' }, ...more })).data
    return batch && 'id' in batch ? batch.id : ''
  }
  const states = async (id: string) => (await call(getBatch, { id })).data[0]?.states ?? {}

  await call(createGroup, { name: 'shop' })
  await newAgents(owner)
  for (const agent of agents) agent.start()
  await survive(
    'joining',
    async () => (await devices()).length > 0,
    async () => expect((await devices()).filter(({ os }) => os)).toHaveLength(all),
  )
  const joined = (await devices()).map(({ id }) => id)

  await registerApk(owner, app, 7, '1.7')
  const rollOut = { group: 'shop', type: 'apk', name: app, version: '7', push: true } as const
  const rollout = { steps: [5, 100], soakMinutes: 0, maxFailurePercent: 100 }
  const deployment = (await call(createDeployment, { ...rollOut, rollout })).data[0]?.id ?? ''
  const readRollOut = async () => (await call(getDeployment, { id: deployment })).data[0]
  await survive(
    'the roll-out',
    () => having() > 0,
    async () => expect(await readRollOut()).toMatchObject({ state: 'finished', devices: { succeeded: all } }),
  )
  for (const { effects } of agents) expect(effects.installs).toEqual([`${app} 7`])

  // Reboots are handed over once: where the server died over it the command waits, and the device does not reboot.
  const cutOff = await command('reboot')
  await survive(
    'reboots',
    () => reboots() > 0,
    async () => {
      const { queued = 0, sent = 0, succeeded = 0 } = await states(cutOff)
      expect([queued, sent, succeeded]).toEqual([0, 0, reboots()])
    },
  )
  for (const { effects } of agents) expect(effects.reboots).toBeLessThanOrEqual(1)
  const before = agents.map(({ effects }) => effects.reboots)
  const again = await command('reboot')
  await soon(async () => expect(await states(again)).toMatchObject({ succeeded: all }))
  expect(agents.map(({ effects }) => effects.reboots)).toEqual(before.map((count) => count + 1))

  const wipe = await command('wipe', { confirm: 'wipe', expect: all })
  await survive(
    'wipes',
    () => wipes() > 0,
    async () => {
      expect(await states(wipe)).toMatchObject({ succeeded: all })
      expect(having()).toBe(all)
    },
  )
  expect(wipes()).toBe(all)
  // Time enough for whatever would happen twice: each agent looks again.
  await sleep(6_000)
  expect(wipes()).toBe(all)
  expect(agents.map(({ effects }) => effects.reboots)).toEqual(before.map((count) => count + 1))
  const known = await devices()
  expect(known.map(({ id }) => id)).toEqual(joined)
  expect(known.filter(({ conflict }) => conflict)).toEqual([])
  if (process.env.SHOP_DEVICES) console.info({ ofEach, ...took })
}, 3_600_000)
