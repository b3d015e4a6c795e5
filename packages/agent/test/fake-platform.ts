import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { Checkin, checkin } from '@mason/contract/checkin'
import { EnrollRequest, enroll } from '@mason/contract/enrollment'
import type { Command, NotificationOutcome } from '@mason/contract/notification'
import { Compile } from 'typebox/compile'
import { basicAuthorization } from '../src/http/basic.ts'
import { startFakeBroker } from './fake-broker.ts'

/** A reply instead of the platform's own; without a status, the connection is cut. */
export interface Reply {
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

const isEnrollRequest = Compile(EnrollRequest)
const isCheckin = Compile(Checkin)

/**
 * Acts as the platform's device side on loopback, HTTP and MQTT: records what devices send, refuses what the contract
 * refuses, and gives the replies that the test sets.
 */
export async function startFakePlatform() {
  const token = 'token-of-the-test'
  const enrollments: EnrollRequest[] = []
  const checkins: { id: string; body: Checkin }[] = []
  /** One for each request, in order; undefined for the proper answer. */
  const replies: (Reply | undefined)[] = []
  const settings: { checkinSeconds: number; mqtt?: { url: string } } = { checkinSeconds: 900 }
  const credentials = new Map<string, { id: string; secret: string }>()
  const mqttCheckins: { id: string; body: Checkin }[] = []
  /** Commands that the device has not answered, by device; delivered with every connection and HTTP check-in. */
  const commands = new Map<string, Command[]>()
  const outcomes: ({ device: string } & NotificationOutcome)[] = []
  /** `outcome` is called before a device learns that its outcome was accepted, `enrolling` before it is enrolled. */
  const watch: { outcome?: () => void; enrolling?: () => Promise<void> } = {}

  function takeOutcome(device: string, outcome: NotificationOutcome): void {
    outcomes.push({ device, ...outcome })
    watch.outcome?.()
    const open = commands.get(device) ?? []
    commands.set(
      device,
      open.filter(({ id }) => id !== outcome.id),
    )
  }

  const broker = await startFakeBroker({
    isKnown: (id, secret) => [...credentials.values()].some((one) => one.id === id && one.secret === secret),
    takeCheckin: (id, body) => {
      if (!isCheckin.Check(body)) throw new Error(JSON.stringify(isCheckin.Errors(body)))
      mqttCheckins.push({ id, body })
    },
    takeOutcome,
    commandsFor: (id) => commands.get(id) ?? [],
  })

  const server = createServer(async (request, response) => {
    const body = await readJson(request)
    if (request.url === enroll.url) await watch.enrolling?.()
    const reply = replies.shift()
    if (reply && reply.status === undefined) {
      request.socket.destroy()
      return
    }
    const { status, headers, body: answer } = reply ?? respond(request, body)
    response.writeHead(status ?? 200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer))
  })

  function respond(request: IncomingMessage, body: unknown): Reply {
    if (request.url === enroll.url) return enrollDevice(body)
    if (request.url === checkin.url) return checkIn(request, body)
    return { status: 404, body: { type: 'not_found_error', message: 'no such path' } }
  }

  function enrollDevice(body: unknown): Reply {
    if (!isEnrollRequest.Check(body)) return invalid(isEnrollRequest.Errors(body))
    if (body.token !== token) return unauthorized
    enrollments.push(body)
    const id = credentials.get(body.serialnumber)?.id ?? randomUUID()
    const secret = randomUUID()
    credentials.set(body.serialnumber, { id, secret })
    return { body: { id, secret, ...settings } }
  }

  function checkIn(request: IncomingMessage, body: unknown): Reply {
    const device = [...credentials.values()].find((one) => basicAuthorization(one) === request.headers.authorization)
    if (!device) return unauthorized
    if (!isCheckin.Check(body)) return invalid(isCheckin.Errors(body))
    checkins.push({ id: device.id, body })
    for (const outcome of body.notificationStates ?? []) takeOutcome(device.id, outcome)
    return { body: { notifications: commands.get(device.id) ?? [], ...settings } }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    enrollments,
    checkins,
    mqttCheckins,
    replies,
    settings,
    credentials,
    broker,
    commands,
    outcomes,
    watch,
    /** Queues a command, and pushes it to a device that is connected. */
    command(device: string, type: Command['type'], rest: Partial<Command> = {}): Command {
      const [createdAt, expiresAt] = ['2026-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z']
      const command: Command = { id: randomUUID(), type, createdAt, expiresAt, ...rest }
      commands.set(device, [...(commands.get(device) ?? []), command])
      broker.push(device, command)
      return command
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await Promise.all([broker.stop(), new Promise((resolve) => server.close(resolve))])
    },
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const unauthorized: Reply = { status: 401, body: { type: 'authentication_error', message: 'not known' } }

const invalid = (faults: unknown): Reply => ({
  status: 400,
  body: { type: 'invalid_request_error', message: JSON.stringify(faults) },
})
