import type { Side, SideHandlers } from './side.ts'

/** Carries the data of one side to the other, and stops reading the one while the other takes no more. */
const carry = (from: Side, to: Side): Pick<SideHandlers, 'data' | 'drained'> => ({
  data: (piece) => {
    to.send(piece)
    if (to.isFull) from.pause()
  },
  drained: () => to.resume(),
})

/**
 * Joins a side that is connected here with its session at another node.
 *
 * @param word says there which side of which session it is.
 */
export function join(word: string, side: Side, node: Side): void {
  const handlers = (from: Side, to: Side, name: string): SideHandlers => ({
    ...carry(from, to),
    text: (text) => to.sendText(text),
    closed: (code, reason) => {
      clearInterval(pulse)
      // Whether somebody left or was cut off is seen on the other side as well.
      if (code === 1006) to.cut()
      else to.close(code === 1005 ? 1001 : code, reason || `${name} has gone`)
    },
  })
  const pulse = setInterval(() => {
    for (const one of [side, node]) {
      if (one.isGone(performance.now())) one.cut()
      one.ping()
    }
  }, pulseMs)
  node.sendText(word)
  node.open(handlers(node, side, 'the session'))
  side.open(handlers(side, node, 'the other side'))
}

/** How often both sides are asked for a sign of life: proxies cut connections that are silent for 30 seconds. */
export const pulseMs = 5_000
