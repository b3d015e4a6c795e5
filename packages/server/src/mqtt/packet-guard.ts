import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'

/** Remaining length of the packet that mqtt-packet's parser is in the middle of. */
interface Parser {
  packet?: { length?: number }
}

/** Ends a connection as soon as the header of a packet announces more than the limit: its body is never gathered. */
export function limitPacketSize(
  client: Client,
  connection: Duplex,
  limit: number,
  refuse: (reason: string) => void,
): void {
  const { _parser: parser } = client as unknown as { _parser?: Parser }
  if (parser === undefined) throw new Error('aedes has changed: packets can no longer be limited')
  connection.on('readable', () => {
    if ((parser.packet?.length ?? 0) > limit) refuse(`a packet of more than ${limit} bytes`)
  })
}
