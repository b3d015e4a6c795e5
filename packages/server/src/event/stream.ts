import type { FastifyReply } from 'fastify'
import type { Db } from '../db/database.ts'
import { horizon, readAfter } from './service.ts'

const pollMs = 200
const heartbeatMs = 15_000
const batch = 500
/** A reader this far behind is cut off; it comes back with Last-Event-ID. */
const maxBufferedBytes = 4 * 2 ** 20
const maxStreamsPerAccount = 100

/** A key that is deleted, or a session that is revoked, ends its streams within a second. */
const checkMs = 500

interface Stream {
  reply: FastifyReply
  position: string
  isStillAdmitted: () => Promise<boolean>
}

/** Server-sent events. Streams of an account that are up to date share one look at the database. */
export class EventStreams {
  readonly #db: Db
  readonly #streams = new Map<string, Set<Stream>>()
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #check: NodeJS.Timeout | undefined

  constructor(db: Db) {
    this.#db = db
  }

  /** Whether one more stream may be opened for the account. */
  hasRoom(accountId: string): boolean {
    return (this.#streams.get(accountId)?.size ?? 0) < maxStreamsPerAccount
  }

  /** Takes the connection over and sends what happens behind `after`, or from now on. */
  async open(
    accountId: string,
    reply: FastifyReply,
    after: string | undefined,
    isStillAdmitted: () => Promise<boolean>,
  ): Promise<void> {
    const stream: Stream = { reply, position: after ?? (await horizon(this.#db)), isStillAdmitted }
    reply.hijack()
    const headers = Object.entries(reply.getHeaders()).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    reply.raw.writeHead(200, {
      ...Object.fromEntries(headers),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    reply.raw.write(': connected\n\n')
    const streams = this.#streams.get(accountId) ?? new Set()
    this.#streams.set(accountId, streams.add(stream))
    reply.raw.once('close', () => {
      streams.delete(stream)
      if (streams.size === 0) this.#streams.delete(accountId)
    })
    this.#start()
  }

  #start(): void {
    this.#heartbeat ??= setInterval(() => this.#beat(), heartbeatMs).unref()
    this.#check ??= setInterval(() => this.#endRefused(), checkMs).unref()
    this.#timer ??= setTimeout(() => this.#poll(), pollMs).unref()
  }

  async #poll(): Promise<void> {
    for (const [accountId, streams] of this.#streams) await this.#advance(accountId, streams).catch(() => {})
    this.#timer = undefined
    if (this.#streams.size > 0) this.#start()
  }

  async #advance(accountId: string, streams: Set<Stream>): Promise<void> {
    const byPosition = Map.groupBy(streams, (stream) => stream.position)
    for (const [position, group] of byPosition) {
      const events = await readAfter(this.#db, accountId, position, batch)
      const last = events.at(-1)
      if (!last) continue
      const text = events.map(({ id, type, document }) => `id: ${id}\nevent: ${type}\ndata: ${document}\n\n`).join('')
      for (const stream of group) {
        stream.position = last.id
        stream.reply.raw.write(text)
        if (stream.reply.raw.writableLength > maxBufferedBytes) stream.reply.raw.destroy()
      }
    }
  }

  #endRefused(): void {
    for (const streams of this.#streams.values())
      for (const { reply, isStillAdmitted } of streams)
        isStillAdmitted().then(
          (isAdmitted) => isAdmitted || reply.raw.end(),
          () => {},
        )
  }

  #beat(): void {
    for (const streams of this.#streams.values()) for (const { reply } of streams) reply.raw.write(': alive\n\n')
  }

  close(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#heartbeat)
    clearInterval(this.#check)
    for (const streams of this.#streams.values()) for (const { reply } of streams) reply.raw.end()
  }
}
