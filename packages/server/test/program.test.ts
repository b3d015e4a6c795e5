import { once } from 'node:events'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connect as connectTls } from 'node:tls'
import { createApiKey } from '@mason/contract/apikey'
import { getDevice, listDevices } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { createGroup, listGroups } from '@mason/contract/group'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { afterEach, describe, expect, test } from 'vitest'
import { isWellFormedKey } from '../src/apikey/key.ts'
import { eventually } from './eventually.ts'
import { checkInAs } from './factories.ts'
import { freePort } from './harness.ts'
import { connectDevice } from './mqtt-device.ts'
import { Browser } from './people.ts'
import { newDataDir, type Program, runCommand, startProgram } from './program.ts'
import { httpPhases, mqttPhases, newStranger, type Stranger } from './stranger.ts'
import { writeCertificate } from './tls.ts'

const running: Program[] = []
const start = async (...how: Parameters<typeof startProgram>) => {
  const program = await startProgram(...how)
  running.push(program)
  return program
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.child.exitCode ?? program.end('SIGTERM')))
})

const postmasterPid = async (dataDir: string) =>
  Number((await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0])

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the program', () => {
  test('prints an owner key on its first start only, and keeps it to itself', async () => {
    const DATA_DIR = await newDataDir()
    const first = await start({ DATA_DIR, LOG_LEVEL: 'debug' })
    const key = first.ownerKey ?? ''
    expect(isWellFormedKey(key)).toBe(true)
    const file = path.join(DATA_DIR, 'owner-key')
    expect((await readFile(file, 'utf8')).trim()).toBe(key)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await createClient({ baseUrl: first.url, key }).call(createGroup, { name: 'kept' })
    expect(first.output().split(key)).toHaveLength(2)

    const postgres = await postmasterPid(DATA_DIR)
    expect(await first.end('SIGTERM')).toBe(0)
    expect(isAlive(postgres)).toBe(false)

    const second = await start({ DATA_DIR })
    expect(second.ownerKey).toBeUndefined()
    const { data } = await createClient({ baseUrl: second.url, key }).call(listGroups)
    expect(data.map(({ name }) => name)).toEqual(['kept', 'unassigned'])
    expect(await second.end('SIGINT')).toBe(0)
  })

  test('takes a configured owner key, and refuses a second start on its directory', async () => {
    const DATA_DIR = await newDataDir()
    const { output } = await runCommand(['key', 'new'])
    const MASON_OWNER_KEY = output.trim()
    const { url } = await start({ DATA_DIR, MASON_OWNER_KEY })
    await createClient({ baseUrl: url, key: MASON_OWNER_KEY }).call(listGroups)
    const second = await runCommand(['serve'], { DATA_DIR })
    expect(second).toMatchObject({ code: 1, output: expect.stringContaining(DATA_DIR) })
    await createClient({ baseUrl: url, key: MASON_OWNER_KEY }).call(listGroups)
  })

  test('makes the first user, prints the password once, and gives a new one from outside', async () => {
    const DATA_DIR = await newDataDir()
    const first = await start({ DATA_DIR, LOG_LEVEL: 'debug', MASON_OWNER_EMAIL: 'Ada@example.com' })
    const secret = /Owner password: (\S+)/.exec(first.output())?.[1] ?? ''
    expect(first.output().split(secret)).toHaveLength(2)
    const browser = new Browser(first.url)
    const signedIn = await browser.signIn('ada@example.com', secret)
    expect(signedIn.body.data[0].user).toMatchObject({ state: 'active', scopes: ['account:owner'] })
    const { code, output } = await runCommand(['user', 'password', 'ADA@example.com'], { DATA_DIR })
    expect(code, output).toBe(0)
    await expect.poll(async () => (await browser.get('/auth/session')).status).toBe(401)
    expect((await browser.signIn('ada@example.com', secret)).status).toBe(401)
    expect((await browser.signIn('ada@example.com', output.trim())).status).toBe(200)
    expect((await runCommand(['user', 'password', 'nobody@example.com'], { DATA_DIR })).code).toBe(1)
    await first.end('SIGTERM')
    const second = await start({ DATA_DIR })
    expect(second.output()).not.toContain('Owner password')
    expect((await browser.at(second.url).get('/auth/session')).status, 'sessions survive a restart').toBe(200)
  })

  test('lists every fault of its configuration and ends with 1', async () => {
    const { code, output } = await runCommand(['serve'], {
      PORT: '70000',
      CHECKIN_SECONDS: 'often',
      DATABASE_URL: 'mysql://x',
      TLS_CERT: '/does/not/exist',
      MASON_OWNER_KEY: 'mason_secret',
      TRUST_PROXY: 'maybe',
    })
    expect(code).toBe(1)
    for (const name of [
      'PORT',
      'CHECKIN_SECONDS',
      'DATABASE_URL',
      'TLS_CERT',
      'TLS_KEY',
      'MASON_OWNER_KEY',
      'TRUST_PROXY',
    ])
      expect(output).toContain(name)
    expect(output).not.toContain('mason_secret')
  })

  test('runs its other commands beside the server, with accounts wholly apart', async () => {
    const DATA_DIR = await newDataDir()
    const { url, ownerKey = '' } = await start({ DATA_DIR })
    const made = await runCommand(['account', 'create', 'second'], { DATA_DIR })
    const key = made.output.trim()
    expect(isWellFormedKey(key)).toBe(true)
    const second = createClient({ baseUrl: url, key })
    await second.call(createGroup, { name: 'theirs' })
    const owner = createClient({ baseUrl: url, key: ownerKey })
    expect((await owner.call(listGroups)).data.map(({ name }) => name)).toEqual(['unassigned'])
    const names = (await runCommand(['account', 'list'], { DATA_DIR })).output
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0])
    expect(names).toEqual(['default', 'second'])
    expect(await runCommand(['account', 'create', 'second'], { DATA_DIR })).toMatchObject({
      code: 1,
      output: expect.stringContaining('exists'),
    })
    const glass = await runCommand(['key', 'create', '--account', 'second', '--scope', 'fleet:read'], { DATA_DIR })
    const reader = createClient({ baseUrl: url, key: glass.output.trim() })
    expect((await reader.call(listGroups)).data).toHaveLength(2)
    await expect(reader.call(createApiKey, { name: 'x', scopes: ['fleet:read'] })).rejects.toMatchObject({
      status: 403,
    })
    expect((await runCommand(['migrate'], { DATA_DIR })).code).toBe(0)
  })

  test('runs where its user cannot enter the folders above the data, and far down', async () => {
    const closed = await newDataDir()
    await chmod(closed, 0o700)
    const DATA_DIR = path.join(closed, 'a-long-name-'.repeat(10), 'data')
    await mkdir(DATA_DIR, { recursive: true })
    const { url, ownerKey = '' } = await start({ DATA_DIR })
    expect((await createClient({ baseUrl: url, key: ownerKey }).call(listGroups)).data).toHaveLength(1)
    expect((await runCommand(['account', 'list'], { DATA_DIR })).output).toContain('default')
  })

  test('starts over a stale pid file', async () => {
    const DATA_DIR = await newDataDir()
    const first = await start({ DATA_DIR })
    await first.end()
    await writeFile(path.join(DATA_DIR, 'postgres/postmaster.pid'), `${2 ** 22 - 1}\n/nowhere\n`)
    await start({ DATA_DIR })
  })

  test('finishes what is in flight when told to stop, and says that it is not ready', async () => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR, DRAIN_SECONDS: '1' })
    const { ownerKey: key = '', url } = program
    const { call } = createClient({ baseUrl: url, key, maxRetries: 0 })
    program.child.kill('SIGTERM')
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), { interval: 5 })
    const late = await Promise.all(Array.from({ length: 20 }, (_, place) => call(createGroup, { name: `g${place}` })))
    expect(late).toHaveLength(20)
    expect(await program.ended).toBe(0)
  })
})

describe('nothing that was answered is lost', () => {
  const victims: [string, (program: Program, dataDir: string) => Promise<void>][] = [
    ['the server is killed', async (program) => void (await program.end('SIGKILL'))],
    ['PostgreSQL is killed', async (_, dataDir) => void process.kill(await postmasterPid(dataDir), 'SIGKILL')],
    [
      'both are killed',
      async (program, dataDir) => {
        process.kill(await postmasterPid(dataDir), 'SIGKILL')
        await program.end('SIGKILL')
      },
    ],
  ]

  test.each(victims)('when %s during check-ins', async (_name, kill) => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR })
    const key = program.ownerKey ?? ''
    const owner = createClient({ baseUrl: program.url, key, maxRetries: 0 })
    const {
      data: [enrolment],
    } = await owner.call(createEnrollment, {})
    const devices = await Promise.all(
      Array.from({ length: 40 }, (_, place) =>
        createClient({ baseUrl: program.url }).call(enroll, {
          token: enrolment?.token ?? '',
          serialnumber: `SN-${place}`,
          family: 'D450',
          bootId: 'b',
        }),
      ),
    )
    const acknowledged = new Map<string, number>()
    let isOver = false
    const report = async (device: (typeof devices)[number]) => {
      const checkIn = checkInAs(program.url, device)
      for (let count = 1; count < 55 && !isOver; count++) {
        const version = String(count)
        await checkIn({ partial: true, apps: [{ name: 'count', version }] }).then(
          () => acknowledged.set(device.id, count),
          () => {
            isOver = true
          },
        )
      }
    }
    const reports = devices.map(report)
    await eventually(() => expect(acknowledged.size).toBe(devices.length))
    await kill(program, DATA_DIR)
    isOver = true
    await Promise.all(reports)

    const url =
      program.child.exitCode === null && program.child.signalCode === null
        ? program.url
        : (await start({ DATA_DIR })).url
    const after = createClient({ baseUrl: url, key, maxRetries: 20 })
    expect((await after.call(listDevices)).data).toHaveLength(devices.length)
    for (const { id } of devices) {
      const {
        data: [device],
      } = await after.call(getDevice, { id })
      expect(Number(device?.apps?.[0]?.version)).toBeGreaterThanOrEqual(acknowledged.get(id) ?? 0)
    }
  })
})

describe('a command survives', () => {
  test('the death of the server between sending and acknowledgement', async () => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR })
    const key = program.ownerKey ?? ''
    const owner = createClient({ baseUrl: program.url, key })
    const {
      data: [enrolment],
    } = await owner.call(createEnrollment, {})
    const credential = await createClient({ baseUrl: program.url }).call(enroll, {
      token: enrolment?.token ?? '',
      serialnumber: 'SN-1',
      family: 'D450',
      bootId: 'boot-1',
    })
    const before = await connectDevice(credential.mqtt?.url ?? '', credential)
    const {
      data: [notification],
    } = await owner.call(notifyDevice, { id: credential.id, type: 'reboot' })
    const id = notification?.id ?? ''
    expect((await before.next()).id).toBe(id)
    await program.end('SIGKILL')
    await before.closed

    const { url } = await start({ DATA_DIR })
    const after = createClient({ baseUrl: url, key })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('sent')
    const device = await connectDevice(`${url.replace('http', 'ws')}/mqtt`, credential)
    const again = await device.next()
    expect(again.id).toBe(id)
    await device.answer(again, { state: 'acknowledged' })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('acknowledged')
    await device.checkIn({ bootId: 'boot-2' })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('succeeded')
    await device.leave()
  })
})

describe('the end', () => {
  /** Connections of every kind that would keep a server from ending, each at rest. */
  async function crowd({ url, ownerKey = '' }: Program, mqttPort: number, deviceCount: number): Promise<void> {
    const owner = createClient({ baseUrl: url, key: ownerKey })
    const {
      data: [enrolment],
    } = await owner.call(createEnrollment, {})
    const token = enrolment?.token ?? ''
    const connect = async (_: unknown, place: number) => {
      const credential = await createClient({ baseUrl: url }).call(enroll, {
        token,
        serialnumber: `SN-${place}`,
        family: 'D450',
        bootId: 'b',
      })
      await connectDevice(place % 2 === 0 ? (credential.mqtt?.url ?? '') : `mqtt://127.0.0.1:${mqttPort}`, credential)
    }
    for (let done = 0; done < deviceCount; done += 10)
      await Promise.all(Array.from({ length: 10 }, (_, place) => connect(_, done + place)))
    const authorization = `Authorization: basic ${ownerKey}\r\n`
    const port = Number(new URL(url).port)
    const streams = await Promise.all(Array.from({ length: 5 }, () => newStranger(port)))
    for (const { write } of streams) write(`GET /v1/default/event/stream HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`)
    for (const [, bytes] of httpPhases) (await newStranger(port)).write(bytes)
    for (const [, bytes] of mqttPhases) (await newStranger(mqttPort)).write(bytes)
    const upload = `POST /v1/default/usage HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: text/csv\r\nContent-Length: 9999\r\n\r\nid,iccid`
    ;(await newStranger(port)).write(upload)
    const download = await newStranger(port)
    download.raw.pause()
    download.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))
  }

  test.each(['npm', 'node'] as const)(
    'is in order when %s is told, whatever is connected',
    async (command) => {
      const DATA_DIR = await newDataDir()
      const mqttPort = await freePort()
      const program = await start({ DATA_DIR, MQTT_PORT: String(mqttPort) }, { command })
      const postgres = await postmasterPid(DATA_DIR)
      await crowd(program, mqttPort, 20)
      expect(await program.end('SIGTERM')).toBe(0)
      expect(isAlive(postgres)).toBe(false)
      await expect(fetch(`${program.url}/healthz`)).rejects.toThrow()
    },
    60_000,
  )

  test('is not what a hang-up asks for: the certificates are read anew', async () => {
    const files = await writeCertificate('before')
    const mqttPort = await freePort()
    const program = await start({
      DATA_DIR: await newDataDir(),
      TLS_CERT: files.cert,
      TLS_KEY: files.key,
      MQTT_PORT: String(mqttPort),
      MQTT_TLS_CERT: files.cert,
      MQTT_TLS_KEY: files.key,
    })
    const ports = [Number(new URL(program.url).port), mqttPort]
    const names = () => Promise.all(ports.map(certificateName))
    expect(await names()).toEqual(['before', 'before'])
    await writeCertificate('after', files)
    program.child.kill('SIGHUP')
    await eventually(async () => expect(await names()).toEqual(['after', 'after']))
    await writeFile(files.key, 'no key')
    program.child.kill('SIGHUP')
    await eventually(() => expect(program.output()).toContain('the certificate stays as it was'))
    expect(await names()).toEqual(['after', 'after'])
    expect(await program.end('SIGTERM')).toBe(0)
  })

  async function certificateName(port: number): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }
})

describe('silent connections', () => {
  const memoryOf = async ({ child: { pid } }: Program) =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

  test.runIf(process.platform === 'linux')(
    'that would use up all descriptors leave room for devices, and the log names the cause once and no error',
    async () => {
      const mqttPort = await freePort()
      const environment = { DATA_DIR: await newDataDir(), MQTT_PORT: String(mqttPort) }
      const program = await start(environment, { openFiles: 4_096 })
      const owner = createClient({ baseUrl: program.url, key: program.ownerKey ?? '' })
      const {
        data: [enrolment],
      } = await owner.call(createEnrollment, {})
      const newcomer = (serialnumber: string) =>
        createClient({ baseUrl: program.url }).call(enroll, {
          token: enrolment?.token ?? '',
          serialnumber,
          family: 'D450',
          bootId: 'b',
        })
      const early = await newcomer('SN-1')
      const connected = await connectDevice(`mqtt://127.0.0.1:${mqttPort}`, early)
      const memory = await memoryOf(program)

      const ports = [Number(new URL(program.url).port), mqttPort]
      const silent: Stranger[] = []
      for (let count = 0; count < 4_000; count += 100)
        silent.push(
          ...(await Promise.all(Array.from({ length: 100 }, (_, place) => newStranger(ports[place % 2] ?? 0)))),
        )

      await connected.checkIn({ bootId: 'b' })
      const late = await newcomer('SN-2')
      await checkInAs(program.url, late)()
      const url = `${program.url.replace('http', 'ws')}/mqtt`
      for (const where of [url, `mqtt://127.0.0.1:${mqttPort}`]) await (await connectDevice(where, late)).leave()
      expect((await owner.call(listDevices)).data).toHaveLength(2)
      expect(program.output().split('MAX_CONNECTIONS_PER_ADDRESS')).toHaveLength(2)
      expect((await memoryOf(program)) - memory, 'megabytes').toBeLessThan(150)
      for (const { raw } of silent) raw.destroy()

      // Whoever goes away in the middle is no fault of the server's.
      const authorization = `Authorization: basic ${program.ownerKey}\r\n`
      const broken = [
        ...httpPhases.map(([, bytes]) => String(bytes)),
        `POST /v1/default/group HTTP/1.1\r\nHost: x\r\n${authorization}Content-Length: 99\r\n\r\n{"name":`,
        `POST /v1/default/usage HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: text/csv\r\nContent-Length: 99\r\n\r\nid,iccid`,
        `GET /v1/default/event/stream HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`,
        `GET /v1/default/device HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`.repeat(20),
      ]
      for (const bytes of broken) {
        const { raw, write } = await newStranger(ports[0] ?? 0)
        write(bytes)
        await new Promise((resolve) => setImmediate(resolve))
        raw.resetAndDestroy()
      }
      await connected.checkIn({ bootId: 'b' })
      expect(program.output()).not.toContain('"level":50')
      await connected.leave()
    },
    60_000,
  )
})
