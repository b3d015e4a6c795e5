import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { registerSim } from '@mason/contract/sim'
import { getUsage } from '@mason/contract/usage'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { callsFakes, connect, connection, useCarriers } from './carriers/connect.ts'
import { emnify } from './carriers/emnify.ts'
import { eventually } from './eventually.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { HeadwindAgent } from './headwind-agent.ts'
import { MdmeshAgent } from './mdmesh-agent.ts'

const lines: string[] = []
const platform = usePlatform(
  { LOG_LEVEL: 'trace', ...callsFakes },
  { newLog: (level) => pino({ level }, { write: (line: string) => void lines.push(line) }) },
)

const newCarrier = useCarriers()

const apk = { url: 'https://files.invalid/agent.apk', checksum: 'A'.repeat(43) }
const tokenOf = async (account: TestAccount, kind: 'headwind' | 'mdmesh') => {
  const { data } = await account.call(createEnrollment, { kind, apk })
  return { qr: data[0]?.qr ?? '', token: data[0]?.token ?? '' }
}

let account: TestAccount
let outsider: TestAccount
let tablet: HeadwindAgent
let phone: MdmeshAgent
const secrets: string[] = []
beforeEach(async () => {
  account = await platform.newAccount()
  outsider = await platform.newAccount()
  const [first, second] = [await tokenOf(account, 'headwind'), await tokenOf(account, 'mdmesh')]
  tablet = new HeadwindAgent(first.qr, { serial: 'R52-WALK-1' })
  phone = new MdmeshAgent(second.qr, { hardwareId: 'hw-walk-1' })
  tablet.start()
  phone.start()
  await eventually(async () => {
    const { data } = await account.call(listDevices)
    expect(data.filter(({ os }) => os)).toHaveLength(2)
  })
  secrets.push(first.token, second.token, new URL(tablet.server).pathname.slice(1), phone.identity?.secret ?? '')
})
afterEach(() => {
  tablet.stop()
  phone.stop()
})

const headwindPaths = [
  ['POST', 'public/sync/configuration/x'],
  ['GET', 'public/sync/configuration/x'],
  ['POST', 'public/sync/info'],
  ['GET', 'notifications/device/x'],
  ['GET', 'plugins/devicelog/log/rules/x'],
  ['POST', 'plugins/devicelog/log/list/x'],
  ['POST', 'plugins/devicereset/public/x'],
  ['POST', 'plugins/devicereset/public/reboot/x'],
  ['POST', 'plugins/devicereset/public/password/x'],
] as const

/** Bodies that agents might send: JSON of all shapes, members of the right names with any value, and bytes that are no JSON. */
const member = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, -1, 1e308, '\0', '\ud800', 'x'.repeat(5_000), [[]]),
)
const names = [
  'serial',
  'model',
  'imei',
  'iccid',
  'batteryLevel',
  'applications',
  'location',
  'message',
  'deviceId',
  'results',
]
const more = ['state', 'telemetry', 'hardwareId', 'enrollToken', 'device', 'events']
const body = fc.oneof(
  fc.json(),
  fc.dictionary(fc.constantFrom(...names, ...more), member).map((value) => JSON.stringify(value)),
  fc.array(member).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
)

const isWord = (message: unknown) => message === null || /^error\.[a-z.]+$/.test(String(message))

test('whatever agents send, and whoever they are, the answer is one of their dialect, and never a fault of ours', async () => {
  const known = new URL(tablet.server).pathname.slice(1)
  const { token } = await tokenOf(outsider, 'headwind')
  const paths = [known, `hw-${token}`, `hw-d${'0'.repeat(32)}${'x'.repeat(43)}`, `${known.slice(0, -1)}!`]
  const bearers = [phone.identity?.secret ?? '', 'x', '']
  await fc.assert(
    fc.asyncProperty(body, fc.nat(1_000), async (sent, at) => {
      const [method, path] = headwindPaths[at % headwindPaths.length] ?? headwindPaths[0]
      const options = { method, ...(method === 'POST' && { body: sent }) }
      const answer = await platform.fetch(`/${paths[at % paths.length]}/rest/${path}`, options)
      expect(answer.status, `${method} ${path} ${sent}`).toBeLessThan(500)
      expect(Object.keys((await answer.json()) as object).sort()).toEqual(['data', 'message', 'status'])
      const call = at % 2 === 0 ? 'enroll' : 'checkin'
      const authorization = `Bearer ${bearers[at % bearers.length]}`
      const other = await platform.fetch(`/rest/public/agent/v1/${call}`, {
        method: 'POST',
        body: sent,
        headers: { authorization },
      })
      expect(other.status, `${call} ${sent}`).toBeLessThan(500)
      const { status, message } = (await other.json()) as { status: string; message: unknown }
      expect(status).toMatch(/^(OK|ERROR)$/)
      expect(isWord(message)).toBe(true)
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 150), seed: 20_261_130 },
  )
  expect((await outsider.call(listDevices)).data).toEqual([])
})

/** Records as carriers push them, and what only looks like one. */
const pushed = (iccids: readonly string[]) => {
  const part = fc.oneof(member, fc.constantFrom(0.002803, '12', { id: 5 }, '2026-11-30 00:00:09'))
  const members = ['id', 'event_type', 'start_timestamp', 'end_timestamp', 'volume', 'traffic_type'].map((name) => [
    name,
    part,
  ])
  const sim = fc.record({ iccid: fc.constantFrom(...iccids) })
  const volume = fc.oneof(part, fc.record({ rx: part, tx: part, total: part }))
  return fc.record({ ...Object.fromEntries(members), volume, sim: fc.oneof(sim, part) }, { requiredKeys: [] })
}

test('whatever is pushed to the address of a connection, and to one that is not right, nothing of another account is touched', async () => {
  const fake = await newCarrier(emnify)
  const own = withLuhnDigit('8988303000009123456')
  const other = withLuhnDigit('8988303000009123457')
  fake.add(own)
  await outsider.call(registerSim, { iccid: other })
  const { pushUrl = '' } = await connection(account, await connect(account, fake))
  secrets.push(pushUrl.split('/').at(-1) ?? '', ...Object.values(emnify.credentials), ...fake.tokens)
  const wrong = `${pushUrl.slice(0, -1)}${pushUrl.endsWith('x') ? 'y' : 'x'}`
  const real = fc.array(pushed([own, other]), { maxLength: 5 }).map((records) => JSON.stringify(records))
  await fc.assert(
    fc.asyncProperty(fc.oneof(real, body), fc.boolean(), async (sent, isRight) => {
      const answer = await fetch(isRight ? pushUrl : wrong, { method: 'POST', body: sent })
      expect(isRight ? [200, 400] : [404], sent).toContain(answer.status)
      const told = (await answer.json()) as object
      expect(Object.keys(told)).toEqual(
        expect.arrayContaining(answer.status === 200 ? ['accepted', 'rejected'] : ['type', 'message', 'requestId']),
      )
      expect(JSON.stringify(told)).not.toContain(pushUrl.slice(-43))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 150), seed: 20_261_201 },
  )
  const today = new Date().toISOString().slice(0, 10)
  for (const date of [today, '2026-11-30'])
    expect((await outsider.call(getUsage, { date })).data[0]?.usage.total).toBe(0)
})

test('no line of the log holds a secret', () => {
  expect(lines.length).toBeGreaterThan(0)
  for (const secret of secrets) expect(lines.filter((line) => secret !== '' && line.includes(secret))).toEqual([])
})
