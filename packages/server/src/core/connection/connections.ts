import type { Socket } from 'node:net'
import type { Limits } from './limits.ts'
import { networkOf } from './network.ts'

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
  /** Whether a request of it had a valid credential. */
  isAuthenticated: boolean
  /** Requests under way; a device's session counts as one. */
  work: number
}

/** A device that is cut off without a word is noticed by probes of the kernel. */
const probeAfterMs = 60_000
/** A limit counts as no longer reached, and is logged again the next time, below nine tenths of it. */
const roomy = (limit: number) => Math.floor(limit * 0.9)

/**
 * Every connection that this node has accepted, over any protocol. When there are too many, unauthenticated ones are closed, the
 * longest silent first, from the address that has the most; then those that wait for their next request. A connected device is
 * never closed.
 */
export class Connections {
  readonly limits: Limits
  readonly #log: Log
  readonly #isProxy: (address: string) => boolean
  readonly #all = new Map<Socket, Connection>()
  /** A TLS socket and the one that it came in by are one connection. */
  readonly #secured = new WeakMap<Socket, Connection>()
  /** By address; in each the longest silent first. */
  readonly #unauthenticated = new Map<string, Set<Connection>>()
  #unauthenticatedCount = 0
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
      address: networkOf(remote),
      isAuthenticated: this.#isProxy(remote),
      work: 0,
    }
    this.#all.set(socket, connection)
    socket.once('close', () => this.#forget(connection))
    if (connection.isAuthenticated) this.#waiting.add(connection)
    else this.#addUnauthenticated(connection)
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
    if (!connection.isAuthenticated) this.#heard(connection)
    return () => {
      connection.work--
      if (connection.work > 0 || !this.#all.has(connection.raw)) return
      if (this.#isClosing) connection.socket.destroySoon()
      else if (connection.isAuthenticated) this.#waiting.add(connection)
    }
  }

  /** A request had a valid credential. */
  know(socket: Socket): void {
    const connection = this.#find(socket)
    if (!connection || connection.isAuthenticated) return
    this.#dropUnauthenticated(connection)
    connection.isAuthenticated = true
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

  #addUnauthenticated(connection: Connection): void {
    const { address } = connection
    const neighbors = this.#unauthenticated.get(address) ?? new Set()
    if (neighbors.size >= this.limits.perAddress) this.#endUnauthenticated(first(neighbors), 'perAddress')
    else if (this.#unauthenticatedCount >= this.limits.unauthenticated)
      this.#endUnauthenticated(this.#longestSilent(), 'unauthenticated')
    this.#unauthenticated.set(address, neighbors.add(connection))
    this.#unauthenticatedCount++
  }

  #endUnauthenticated(connection: Connection | undefined, limit: keyof Limits): void {
    if (!connection) return
    this.#tell(limit, connection.address)
    connection.socket.destroy()
    this.#forget(connection)
  }

  /** Of the address that has the most unauthenticated ones. */
  #longestSilent(): Connection | undefined {
    let most: Set<Connection> | undefined
    for (const group of this.#unauthenticated.values()) if (group.size > (most?.size ?? 0)) most = group
    return most && first(most)
  }

  #heard(connection: Connection): void {
    const group = this.#unauthenticated.get(connection.address)
    if (group?.delete(connection)) group.add(connection)
  }

  #dropUnauthenticated(connection: Connection): void {
    const group = this.#unauthenticated.get(connection.address)
    if (!group?.delete(connection)) return
    this.#unauthenticatedCount--
    if (group.size === 0) this.#unauthenticated.delete(connection.address)
    if (this.#unauthenticatedCount < roomy(this.limits.unauthenticated)) this.#full.delete('unauthenticated')
    if (this.#unauthenticatedCount < roomy(this.limits.perAddress)) this.#full.delete('perAddress')
  }

  #forget(connection: Connection): void {
    if (!this.#all.delete(connection.raw)) return
    this.#waiting.delete(connection)
    this.#dropUnauthenticated(connection)
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
  all: 'There are as many connections as the limit of open files (or MAX_CONNECTIONS) allows: idle ones are closed, and new ones are refused when there is none',
  unauthenticated:
    'Half of the connections are not authenticated: the longest silent are closed, to keep room for devices',
  perAddress:
    'One address has too many connections that are not authenticated (MAX_CONNECTIONS_PER_ADDRESS): its longest silent are closed',
}

const ignore = () => {}
const first = <T>(set: Set<T>): T | undefined => set.values().next().value
