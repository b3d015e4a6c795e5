import T, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

/** What was taken out of a bucket of requests, by its name, and how much it holds when it is full. */
const Spending = T.Tuple([T.String(), T.Number(), T.Number()])
export type Spending = Static<typeof Spending>

const PeerMessage = T.Union([
  /** Commands were queued for devices at these gateways. */
  T.Object({ kind: T.Literal('queued'), gateways: T.Array(T.String()) }),
  /** An X-Ray session waits for its device, or was ended. */
  T.Object({ kind: T.Literal('xray') }),
  T.Object({ kind: T.Literal('spent'), spent: T.Array(Spending) }),
])

/** What one node tells all others. */
export type PeerMessage = Static<typeof PeerMessage>

const form = Compile(PeerMessage)

export const encode = (message: PeerMessage): Buffer => Buffer.from(JSON.stringify(message))

/** @returns nothing for what a node of this version cannot have sent. */
export function decode(bytes: Uint8Array): PeerMessage | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(bytes).toString())
    return form.Check(message) ? message : undefined
  } catch {
    return undefined
  }
}
