import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Alert, listAlerts } from '@mason/contract/alert'
import { createAlertRule } from '@mason/contract/alert-rule'
import { createEnrollment, type EnrollAnswer, enroll } from '@mason/contract/enrollment'
import { listEvents } from '@mason/contract/event'
import { createClient } from '@mason/sdk/client'
import { expect, test, vi } from 'vitest'
import { Database } from '../src/core/db/database.ts'
import { findRunning } from '../src/core/db/embedded.ts'
import { eventually } from './eventually.ts'
import { hasEnded, kill, type Victim } from './kill.ts'
import { type Letter, useMailServer } from './mail-server.ts'
import { newDataDir, type Program } from './program.ts'
import { usePrograms } from './programs.ts'
import { plainReport } from './reports.ts'

const start = usePrograms()
const mails = await useMailServer()

const victims: Victim[] = ['server', 'database', 'both']
/** Devices that fail once and for good in each round, and devices that fail and recover all the time. */
const steadyEach = 6
const flapping = 6

/** Whether its report reads well. @returns whether that was acknowledged. */
async function report({ url }: Program, { id, secret }: EnrollAnswer, isWell: boolean): Promise<boolean> {
  const answer = await fetch(`${url}/agent/v1/checkin`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: JSON.stringify({ ...plainReport, battery: { level: isWell ? '50' : 'x' } }),
  }).catch(() => undefined)
  await answer?.text().catch(() => {})
  return answer?.status === 200
}

async function reportUntilTaken(program: Program, device: EnrollAnswer, isWell: boolean): Promise<void> {
  await eventually(async () => expect(await report(program, device, isWell)).toBe(true))
}

/** As if rules had rested, mails had gathered and mail had waited for long enough; whatever is away has not. */
async function passTime(dataDir: string): Promise<void> {
  const connection = await findRunning(dataDir)
  if (!connection) return
  const database = new Database({ ...connection, max: 1 })
  try {
    await database.pool.query('UPDATE alert_rule SET look_at = now() WHERE look_at > now()')
    await database.pool.query('UPDATE alert_rule SET mail_due_at = now() WHERE mail_due_at > now()')
    await database.pool.query(
      'UPDATE graphile_worker._private_jobs SET run_at = now() WHERE run_at > now() AND locked_at IS NULL',
    )
  } catch {
    // It was killed.
  } finally {
    await database.close()
  }
}

/** How many alerts letters tell of; one that was sent twice, because nobody knew whether it had been, counts once. */
const toldOf = (letters: readonly Letter[]): number =>
  [...new Map(letters.map((letter) => [letter.text, letter])).values()]
    .map(({ subject }) => Number(/^Faults: (\d+) new alerts?$/.exec(subject)?.[1] ?? 0))
    .reduce((sum, count) => sum + count, 0)

test('every fault that stays has one alert and is in a mail, whatever is killed and whether mail is taken', async () => {
  const DATA_DIR = await newDataDir()
  const environment = { DATA_DIR, SMTP_URL: mails.url, PUBLIC_URL: 'https://mason.example' }
  let program = await start(environment)
  const key = program.ownerKey ?? ''
  const owner = () => createClient({ baseUrl: program.url, key, maxRetries: 20 })
  const { data: made } = await owner().call(createAlertRule, {
    name: 'Faults',
    condition: 'device.report_fault',
    severity: 'warning',
    notify: { emails: ['ada@example.com'] },
  })
  const rule = made[0]?.id ?? ''
  const token = (await owner().call(createEnrollment, {})).data[0]?.token ?? ''
  const devices = await Promise.all(
    Array.from({ length: flapping + steadyEach * victims.length }, (_, index) =>
      createClient({ baseUrl: program.url }).call(enroll, {
        ...{ token, name: `till ${index}`, serialnumber: `SN-${index}`, family: 'D450', bootId: 'boot-1' },
      }),
    ),
  )
  const [flappers, steady] = [devices.slice(0, flapping), devices.slice(flapping)]

  for (const [round, victim] of victims.entries()) {
    mails.isAway = round === 1
    let isOver = false
    const flaps = flappers.map(async (device, index) => {
      for (let turn = index; !isOver; turn++) if (!(await report(program, device, turn % 2 === 0))) return
    })
    const passing = (async () => {
      for (; !isOver; await sleep(100)) await passTime(DATA_DIR)
    })()
    await sleep(randomInt(1_500))
    const failing = steady.slice(round * steadyEach, (round + 1) * steadyEach)
    const reports = failing.map(async (device) => {
      await sleep(randomInt(600))
      await report(program, device, false)
    })
    await sleep(randomInt(1_200))
    await kill(victim, program, DATA_DIR)
    isOver = true
    await Promise.all([...flaps, ...reports, passing])
    if (hasEnded(program)) program = await start(environment)
    // A device reports again what was not acknowledged; what was changes nothing.
    await Promise.all(failing.map((device) => reportUntilTaken(program, device, false)))
  }
  mails.isAway = false
  await Promise.all(flappers.map((device) => reportUntilTaken(program, device, true)))

  const readAlerts = async (): Promise<Alert[]> => (await owner().call(listAlerts, { rule, limit: 1_000 })).data
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).sort()
  const pass = async (check: () => Promise<void>) =>
    vi.waitFor(
      async () => {
        await passTime(DATA_DIR)
        await check()
      },
      { timeout: 90_000, interval: 500 },
    )
  await pass(async () => {
    const alerts = await readAlerts()
    expect(ids(alerts.filter(({ state }) => state === 'open').map(({ subject }) => subject))).toEqual(ids(steady))
    expect(toldOf(mails.letters)).toBe(alerts.length)
  })
  const alerts = await readAlerts()
  for (const { id } of steady) expect(alerts.filter(({ subject }) => subject.id === id)).toHaveLength(1)

  const events = (await owner().call(listEvents, { type: 'alert.', limit: 1_000 })).data
  for (const { id } of devices) {
    const own = new Set(ids(alerts.filter(({ subject }) => subject.id === id)))
    const turns = events.filter(({ subject }) => own.has(subject.id)).map(({ type }) => type)
    const isOpen = steady.some((device) => device.id === id)
    expect(turns, 'never twice at once').toEqual(
      Array.from({ length: 2 * own.size - (isOpen ? 1 : 0) }, (_, turn) =>
        turn % 2 ? 'alert.resolved' : 'alert.opened',
      ),
    )
  }

  await Promise.all(steady.map((device) => reportUntilTaken(program, device, true)))
  await pass(async () => {
    expect((await readAlerts()).filter(({ state }) => state !== 'resolved')).toEqual([])
    expect(mails.letters.at(-1)?.subject).toBe('Faults: it is over')
  })
}, 300_000)
