import type { Client } from 'aedes'

/** The parser of a connection, in the middle of a packet. */
export interface Parser {
  /** The packet that is being read; its length is -1 before it is known. */
  packet: { cmd?: string; length: number; qos: number }
  /** The bytes that came of it so far, behind its fixed header. */
  _list: {
    length: number
    readUInt16BE(offset: number): number
    slice(from: number, to: number): Buffer
    consume(bytes: number): void
  }
  parse(bytes: Buffer): void
  on(event: 'packet', listener: (packet: { cmd: string; length: number; topic?: string }) => void): void
  prependListener: Parser['on']
}

/** All that is used of aedes and its parser beyond what they document; a test fails when an upgrade changes it. */
interface Internals {
  _parser?: Parser
  _disconnected?: boolean
}

export function parserOf(client: Client): Parser {
  const { _parser: parser } = client as unknown as Internals
  if (parser?.packet?.length === undefined || typeof parser._list?.consume !== 'function')
    throw new Error('aedes has changed: what devices send can no longer be limited')
  return parser
}

/** Whether the device ended its connection in order, by DISCONNECT. */
export function saidGoodbye(client: Client): boolean {
  const { _disconnected: isGoodbye } = client as unknown as Internals
  if (isGoodbye === undefined) throw new Error('aedes has changed: a goodbye can no longer be told from an outage')
  return isGoodbye
}
