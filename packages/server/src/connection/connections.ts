import type { Socket } from 'node:net'
import { placeOf } from '../auth/place.ts'
import type { Limits } from './limits.ts'

interface Log {
  warn(details: object, message: string): void
}

interface Options {
  limits: Limits
  log: Log
  /** Whether an address is a proxy's that was named: its connections are those of many, and it limits them itself. */
  isProxy?: (address: string) => boolean
}

interface Connection {
  /** As it was accepted. */
  raw: Socket
  /** What is spoken on: the same, or the TLS socket over it. */
  socket: Socket
  address: string
  /** It has shown who it is. */
  isKnown: boolean
  /** Requests under way; a device's session counts as one. */
  work: number
}

/** A device that is cut off without a word is noticed by probes of the kernel. */
const probeAfterMs = 60_000
/** The want of room is over, and the next one logged anew, when there are fewer than nine tenths of a limit. */
const roomy = (limit: number) => Math.floor(limit * 0.9)

/**
 * Every connection that this node has accepted, whatever it speaks. When there are too many, those lose that have not shown who
 * they are, the longest silent first, from the address that has the most; then those that wait for a next request. A device
 * that is connected never does.
 */
export class Connections {
  readonly limits: Limits
  readonly #log: Log
  readonly #isProxy: (address: string) => boolean
  readonly #all = new Map<Socket, Connection>()
  /** A TLS socket and the one that it came in by are one connection. */
  readonly #secured = new WeakMap<Socket, Connection>()
  /** By address; in each the longest silent first. */
  readonly #strangers = new Map<string, Set<Connection>>()
  #strangerCount = 0
  /** Known ones without a request under way, the longest waiting first. */
  readonly #waiting = new Set<Connection>()
  readonly #full = new Set<keyof Limits>()
  #isClosing = false
  #emptied: (() => void) | undefined

  constructor({ limits, log, isProxy = () => false }: Options) {
    this.limits = limits
    this.#log = log
    this.#isProxy = isProxy
  }

  get size(): number {
    return this.#all.size
  }

  /** Takes an accepted socket in, before anything is read from it; one that finds no room is ended. */
  admit(socket: Socket): void {
    // Whatever becomes of it, a reset must not end the process.
    socket.on('error', ignore)
    const remote = socket.remoteAddress
    if (remote === undefined || this.#isClosing || !this.#hasRoom()) {
      socket.destroy()
      return
    }
    socket.setKeepAlive(true, probeAfterMs)
    const connection: Connection = {
      raw: socket,
      socket,
      address: placeOf(remote),
      isKnown: this.#isProxy(remote),
      work: 0,
    }
    this.#all.set(socket, connection)
    socket.once('close', () => this.#forget(connection))
    if (connection.isKnown) this.#waiting.add(connection)
    else this.#addStranger(connection)
  }

  /** Says that a TLS socket came in by a socket that was admitted. */
  secure(raw: Socket, secured: Socket): void {
    secured.on('error', ignore)
    const connection = this.#all.get(raw)
    if (!connection) return
    connection.socket = secured
    this.#secured.set(secured, connection)
  }

  /** A request begins, or the session of a device; returns how to say that it has ended. */
  begin(socket: Socket): () => void {
    const connection = this.#find(socket)
    if (!connection) return ignore
    connection.work++
    this.#waiting.delete(connection)
    if (!connection.isKnown) this.#heard(connection)
    return () => {
      connection.work--
      if (connection.work > 0 || !this.#all.has(connection.raw)) return
      if (this.#isClosing) connection.socket.destroySoon()
      else if (connection.isKnown) this.#waiting.add(connection)
    }
  }

  /** It has shown who it is. */
  know(socket: Socket): void {
    const connection = this.#find(socket)
    if (!connection || connection.isKnown) return
    this.#dropStranger(connection)
    connection.isKnown = true
    if (connection.work === 0) this.#waiting.add(connection)
  }

  isBusy(socket: Socket): boolean {
    return (this.#find(socket)?.work ?? 0) > 0
  }

  /** Ends what waits at once and everything else after the grace; resolves when nothing is left. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    const empty = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    for (const { socket, work } of this.#all.values()) if (work === 0) socket.destroy()
    if (this.#all.size === 0) return
    const timer = setTimeout(() => {
      for (const { socket } of this.#all.values()) socket.destroy()
    }, graceMs)
    await empty
    clearTimeout(timer)
  }

  #find(socket: Socket): Connection | undefined {
    return this.#all.get(socket) ?? this.#secured.get(socket)
  }

  /** Makes room in all; says whether there is any. */
  #hasRoom(): boolean {
    if (this.#all.size < this.limits.all) return true
    this.#tell('all')
    const loser = this.#longestSilent() ?? first(this.#waiting)
    loser?.socket.destroy()
    if (loser) this.#forget(loser)
    return loser !== undefined
  }

  #addStranger(connection: Connection): void {
    const { address } = connection
    const neighbors = this.#strangers.get(address) ?? new Set()
    if (neighbors.size >= this.limits.perAddress) this.#endStranger(first(neighbors), 'perAddress')
    else if (this.#strangerCount >= this.limits.strangers) this.#endStranger(this.#longestSilent(), 'strangers')
    this.#strangers.set(address, neighbors.add(connection))
    this.#strangerCount++
  }

  #endStranger(connection: Connection | undefined, limit: keyof Limits): void {
    if (!connection) return
    this.#tell(limit, connection.address)
    connection.socket.destroy()
    this.#forget(connection)
  }

  /** Of the address that has the most strangers. */
  #longestSilent(): Connection | undefined {
    let most: Set<Connection> | undefined
    for (const group of this.#strangers.values()) if (group.size > (most?.size ?? 0)) most = group
    return most && first(most)
  }

  #heard(connection: Connection): void {
    const group = this.#strangers.get(connection.address)
    if (group?.delete(connection)) group.add(connection)
  }

  #dropStranger(connection: Connection): void {
    const group = this.#strangers.get(connection.address)
    if (!group?.delete(connection)) return
    this.#strangerCount--
    if (group.size === 0) this.#strangers.delete(connection.address)
    if (this.#strangerCount < roomy(this.limits.strangers)) this.#full.delete('strangers')
    if (this.#strangerCount < roomy(this.limits.perAddress)) this.#full.delete('perAddress')
  }

  #forget(connection: Connection): void {
    if (!this.#all.delete(connection.raw)) return
    this.#waiting.delete(connection)
    this.#dropStranger(connection)
    if (this.#all.size < roomy(this.limits.all)) this.#full.delete('all')
    if (this.#all.size === 0) this.#emptied?.()
  }

  #tell(limit: keyof Limits, address?: string): void {
    if (this.#full.has(limit)) return
    this.#full.add(limit)
    this.#log.warn({ connections: this.#all.size, limits: this.limits, address }, sentences[limit])
  }
}

const sentences: Record<keyof Limits, string> = {
  all: 'There are as many connections as the limit of open files (or MAX_CONNECTIONS) allows: idle ones are ended, and what finds no room is refused',
  strangers:
    'Half of the connections have not shown who they are: the longest silent are ended, so that there is room for devices',
  perAddress:
    'One address has too many connections that have not shown who they are (MAX_CONNECTIONS_PER_ADDRESS): its longest silent are ended',
}

const ignore = () => {}
const first = <T>(set: Set<T>): T | undefined => set.values().next().value
