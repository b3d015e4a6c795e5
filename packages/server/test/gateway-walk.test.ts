import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { type TestAccount, usePlatform } from './harness.ts'
import { HeadwindAgent } from './headwind-agent.ts'
import { MdmeshAgent } from './mdmesh-agent.ts'

const lines: string[] = []
const platform = usePlatform(
  { LOG_LEVEL: 'trace' },
  { newLog: (level) => pino({ level }, { write: (line: string) => void lines.push(line) }) },
)

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

test('no line of the log holds a secret', () => {
  expect(lines.length).toBeGreaterThan(0)
  for (const secret of secrets) expect(lines.filter((line) => secret !== '' && line.includes(secret))).toEqual([])
})
