import type { Side, SideHandlers } from './side.ts'

/** Carries the data of one side to the other, and stops reading the one while the other takes no more. */
export const carry = (from: Side, to: Side): Pick<SideHandlers, 'data' | 'drained'> => ({
  data: (piece) => {
    to.send(piece)
    if (to.isFull) from.pause()
  },
  drained: () => to.resume(),
})

/** Joins a device that is connected here with its session at another node. */
export function join(session: string, device: Side, node: Side): void {
  const handlers = (from: Side, to: Side, name: string): SideHandlers => ({
    ...carry(from, to),
    text: (text) => to.sendText(text),
    closed: (code, reason) => {
      clearInterval(pulse)
      to.close(sendable(code), reason || `${name} has gone`)
    },
  })
  const pulse = setInterval(() => {
    for (const one of [device, node]) {
      one.ping()
      if (one.isGone(performance.now())) one.close(1001, 'nothing was heard for a while')
    }
  }, pulseMs)
  node.sendText(session)
  node.open(handlers(node, device, 'the session'))
  device.open(handlers(device, node, 'the device'))
}

/** How often both sides are asked for a sign of life: proxies cut connections that are silent for 30 seconds. */
export const pulseMs = 5_000

/** Codes that mean that there was none are never sent (RFC 6455 §7.4.1). */
const sendable = (code: number) => (code === 1005 || code === 1006 ? 1001 : code)
