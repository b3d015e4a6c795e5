import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { countDevices } from '@mason/contract/count'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { notifyDevices } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { expect, test, vi } from 'vitest'
import { newDataDir } from '../../../test/program.ts'
import { usePrograms } from '../../../test/programs.ts'

// `HEADWIND_POLLS=10000 npx vitest run channel/headwind/polls` says what so many open polls cost one node.

const count = Number(process.env.HEADWIND_POLLS ?? 300)
const atOnce = 20
const patience = { timeout: 60_000 + count * 30, interval: 200 }

const start = usePrograms()
const sockets = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

let resets = 0

interface Message {
  messageType: string
  payload: string | null
}

/** A call of an agent. @returns `data` of the answer. */
function call(method: 'GET' | 'POST', url: string, body?: object): Promise<unknown> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    request(url, { method, agent: sockets, headers: { 'content-type': 'application/json' } }, (answer) => {
      text(answer).then((read) => resolve((JSON.parse(read) as { data: unknown }).data), reject)
    })
      .on('error', reject)
      .end(sent)
  })
}

/** A device that does nothing but what keeps it known: it says what it is, and later which boot it runs. */
class Poller {
  readonly heard: string[] = []
  readonly #number: string
  #server = ''
  #isOver = false

  constructor(number: string) {
    this.#number = number
  }

  async join(token: string): Promise<void> {
    const path = `public/sync/configuration/${this.#number}`
    const { newServerUrl } = (await call('POST', `${token}/rest/${path}`, {})) as { newServerUrl: string }
    this.#server = newServerUrl
    await call('GET', this.#url(path))
    await call('POST', this.#url('public/sync/info'), { serial: this.#number, model: 'TAB-8' })
  }

  async live(): Promise<void> {
    while (!this.#isOver) {
      const messages = await this.#poll()
      for (const { messageType, payload } of messages)
        if (messageType === 'runCommand') await this.#sayBoot()
        else if (messageType !== 'configUpdated') this.heard.push(`${messageType} ${payload}`)
    }
  }

  end(): void {
    this.#isOver = true
  }

  /** The agent polls again when its connection was closed: all share one address here, whose unknown connections are limited. */
  async #poll(): Promise<Message[]> {
    try {
      return (await call('GET', this.#url(`notification/polling/${this.#number}`))) as Message[]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
      resets++
      return []
    }
  }

  #url = (path: string) => `${this.#server}/rest/${path}`

  async #sayBoot(): Promise<void> {
    const lines = [{ message: `Result: mason-boot ${randomUUID()}` }]
    await call('POST', this.#url(`plugins/devicelog/log/list/${this.#number}`), lines)
  }
}

test('as many devices as there are poll one node at once, and each hears once what all are told', async () => {
  const program = await start({
    ...{ DATA_DIR: await newDataDir(), RATE_LIMIT_PER_SECOND: '100000', RATE_LIMIT_BURST: '100000' },
    ...{ DEVICE_RATE_PER_SECOND: '100', DEVICE_RATE_BURST: '100', MAX_CONNECTIONS_PER_ADDRESS: '100000' },
  })
  const owner = createClient({ baseUrl: program.url, key: program.ownerKey ?? '', maxRetries: 0 })
  await owner.call(createGroup, { name: 'shop' })
  const apk = { url: 'https://files.invalid/agent.apk', checksum: 'A'.repeat(43) }
  const [made] = (await owner.call(createEnrollment, { kind: 'headwind', apk, group: 'shop' })).data
  const waiting = Array.from({ length: count }, (_, index) => new Poller(`R52-POLL-${index}`))
  const pollers = [...waiting]
  const lane = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next.join(`${program.url}/hw-${made?.token}`)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const memory = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${program.child.pid}/status`, 'utf8'))?.[1]) / 1024
  const before = process.env.HEADWIND_POLLS ? await memory() : 0

  const living = pollers.map((poller) => poller.live())
  await vi.waitFor(async () => {
    const { data } = await owner.call(countDevices, { filter: 'online==true' })
    expect(data[0]?.count).toBe(count)
  }, patience)
  const after = process.env.HEADWIND_POLLS ? await memory() : 0
  const begun = performance.now()
  await owner.call(notifyDevices, {
    type: 'application',
    target: { group: 'shop' },
    payload: { text: 'Closing at six' },
  })
  const all = pollers.map(() => ['mason {"text":"Closing at six"}'])
  await vi.waitFor(() => expect(pollers.filter(({ heard }) => heard.length === 0)).toHaveLength(0), patience)
  const tookMs = Math.round(performance.now() - begun)
  // What comes behind it shows that none hears it again.
  await owner.call(notifyDevices, { type: 'application', target: { group: 'shop' }, payload: { text: 'Closed' } })
  for (const lines of all) lines.push('mason {"text":"Closed"}')
  await vi.waitFor(() => expect(pollers.filter(({ heard }) => heard.length < 2)).toHaveLength(0), patience)
  expect(pollers.map(({ heard }) => heard)).toEqual(all)

  for (const poller of pollers) poller.end()
  await program.end()
  await Promise.allSettled(living)
  if (process.env.HEADWIND_POLLS)
    console.info({
      count,
      kibibytesEach: Math.round(((after - before) * 1024) / count),
      megabytes: Math.round(after),
      tookMs,
      resets,
    })
}, 1_800_000)
