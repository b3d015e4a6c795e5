import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Event } from '@mason/contract/event'
import { Webhook } from 'standardwebhooks'
import { afterEach } from 'vitest'

/** A call that a receiver got. */
export interface Call {
  path: string
  headers: IncomingHttpHeaders
  body: string
  event: Event
}

type Answer = (response: ServerResponse, call: Call, request: IncomingMessage) => unknown

/** Somebody's own server that webhooks lead to. */
export interface Receiver {
  url: string
  calls: Call[]
  /** How it answers from now on. */
  answer: Answer
  /** The subjects of the events that have come, in their order. */
  subjects(): string[]
  stop(): Promise<void>
}

export const taken: Answer = (response) => response.end('thank you')
export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(`this is ${code}`)

export async function startReceiver(port = 0): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const call = { path: request.url ?? '', headers: request.headers, body, event: JSON.parse(body) as Event }
    receiver.calls.push(call)
    receiver.answer(response, call, request)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    answer: taken,
    subjects: () => receiver.calls.map(({ event }) => event.subject.id),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

/** Receivers that end with each test. */
export function useReceivers(): () => Promise<Receiver> {
  const receivers: Receiver[] = []
  afterEach(() => Promise.all(receivers.splice(0).map((receiver) => receiver.stop())))
  return async () => {
    const receiver = await startReceiver()
    receivers.push(receiver)
    return receiver
  }
}

/** Checks a call as any receiver would, by the library of Standard Webhooks. @throws when the signature is not of this secret. */
export const verify = (secret: string, { body, headers }: Call): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>)
