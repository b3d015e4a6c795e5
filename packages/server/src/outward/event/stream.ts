import type { EventStreamQuery } from '@mason/contract/event'
import type { FastifyReply } from 'fastify'
import type { Actor, Groups } from '../../core/actor.ts'
import type { Background, Loop } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { horizon, readBehind, type StreamedEvent, wantedBy } from './service.ts'

const pollMs = 200
const heartbeatMs = 15_000
/** Events of one place, and of all that a poll reads. */
const batch = { of: 500, ofAll: 5_000, least: 10 }
/** A reader this far behind is cut off; it comes back with Last-Event-ID. */
const maxBufferedBytes = 4 * 2 ** 20
const maxStreamsPerAccount = 100

/** A key that is deleted, or a session that is revoked, ends its streams within a second. */
const checkMs = 500

interface Stream {
  reply: FastifyReply
  /** The groups whose events it is told, if not of all. */
  groups: Groups
  filters: EventStreamQuery
  position: string
  isStillAdmitted: () => Promise<boolean>
}

/** Server-sent events. All streams of a node, whatever their accounts, share one poll of the database. */
export class EventStreams {
  readonly #db: Db
  readonly #reading: Loop
  readonly #admission: Loop
  readonly #streams = new Map<string, Set<Stream>>()
  /** Streams of each account, those that are about to open too. */
  readonly #slots = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #check: NodeJS.Timeout | undefined

  constructor(db: Db, background: Background) {
    this.#db = db
    this.#reading = background.loop('event-streams')
    this.#admission = background.loop('event-stream-admission')
  }

  /**
   * Takes the connection over and sends what happens behind `after`, or from now on.
   *
   * @throws AppError (429) when the account has as many streams as it may.
   */
  async open(
    { accountId, groups }: Actor,
    reply: FastifyReply,
    after: string | undefined,
    isStillAdmitted: () => Promise<boolean>,
    filters: EventStreamQuery = {},
  ): Promise<void> {
    const giveBack = this.#takeSlot(accountId)
    let position: string
    try {
      position = after ?? (await horizon(this.#db))
    } catch (error) {
      giveBack()
      throw error
    }
    reply.hijack()
    const { raw } = reply
    // Over HEAD there is nothing to send, and a client that has gone meanwhile will not say so again.
    if (reply.request.method === 'HEAD' || raw.destroyed || raw.socket === null || raw.socket.destroyed) {
      giveBack()
      raw.writeHead(200, headersOf(reply)).end()
      return
    }
    const stream: Stream = { reply, groups, filters, position, isStillAdmitted }
    const streams = this.#streams.get(accountId) ?? new Set()
    this.#streams.set(accountId, streams.add(stream))
    raw.once('close', () => {
      giveBack()
      streams.delete(stream)
      if (streams.size === 0) this.#streams.delete(accountId)
    })
    raw.writeHead(200, headersOf(reply)).write(': connected\n\n')
    this.#start()
  }

  /** Returns how to give the slot back. */
  #takeSlot(accountId: string): () => void {
    const taken = this.#slots.get(accountId) ?? 0
    if (taken >= maxStreamsPerAccount) throw new AppError('rate_limit_error', 'Too many streams', { retryAfter: 30 })
    this.#slots.set(accountId, taken + 1)
    return () => {
      const left = (this.#slots.get(accountId) ?? 1) - 1
      if (left > 0) this.#slots.set(accountId, left)
      else this.#slots.delete(accountId)
    }
  }

  #start(): void {
    this.#heartbeat ??= setInterval(() => this.#beat(), heartbeatMs).unref()
    this.#check ??= setInterval(() => this.#endRefused(), checkMs).unref()
    this.#timer ??= setTimeout(() => this.#poll(), pollMs).unref()
  }

  async #poll(): Promise<void> {
    await this.#reading.run(() => this.#advanceAll())
    this.#timer = undefined
    if (this.#streams.size > 0) this.#start()
  }

  async #advanceAll(): Promise<void> {
    const end = await horizon(this.#db)
    // Streams of an account that are up to date are at one place, if they are told the same.
    const places = [...this.#streams].flatMap(([accountId, streams]) =>
      [...Map.groupBy(streams, ({ position, groups }) => `${position} ${JSON.stringify(groups)}`).values()].flatMap(
        (group) => {
          const [{ position, groups } = { position: end, groups: undefined }] = group
          return position < end ? [{ accountId, groups, position, group }] : []
        },
      ),
    )
    if (places.length === 0) return
    const most = Math.max(batch.least, Math.min(batch.of, Math.floor(batch.ofAll / places.length)))
    const behind = await readBehind(this.#db, places, end, most)
    for (const [index, { group }] of places.entries()) advance(group, behind[index] ?? [], most, end)
  }

  #endRefused(): void {
    for (const streams of this.#streams.values())
      for (const { reply, isStillAdmitted } of streams)
        void this.#admission.run(async () => (await isStillAdmitted()) || reply.raw.end())
  }

  #beat(): void {
    for (const streams of this.#streams.values()) for (const { reply } of streams) send(reply, ': alive\n\n')
  }

  close(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#heartbeat)
    clearInterval(this.#check)
    for (const streams of this.#streams.values()) for (const { reply } of streams) reply.raw.end()
  }
}

/** No event is at the end itself, so one that has all before it goes on from there. */
function advance(streams: Stream[], events: StreamedEvent[], most: number, end: string): void {
  const told = events.filter(({ document }) => document !== null)
  const isAll = events.length < most
  const byFilters = Map.groupBy(streams, ({ filters }) => JSON.stringify(Object.entries(filters).sort()))
  for (const alike of byFilters.values()) {
    const text = told
      .filter(wantedBy(alike[0]?.filters ?? {}))
      .map(({ id, type, document }) => `id: ${id}\nevent: ${type}\ndata: ${document}\n\n`)
      .join('')
    for (const stream of alike) {
      stream.position = isAll ? end : (events.at(-1)?.id ?? stream.position)
      if (text === '') continue
      send(stream.reply, text)
      if (stream.reply.raw.writableLength > maxBufferedBytes) stream.reply.raw.destroy()
    }
  }
}

/** One that was ended and has not taken everything yet gets no more. */
function send({ raw }: FastifyReply, text: string): void {
  if (!raw.writableEnded && !raw.destroyed) raw.write(text)
}

function headersOf(reply: FastifyReply): Record<string, string> {
  return {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  }
}
