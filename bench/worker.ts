import { fork } from 'node:child_process'
import { stopChild } from './child.ts'
import { onClose } from './closing.ts'

const patienceMs = 180_000

/** A program of the bench in a process of its own, which answers one order after the other. */
export interface Worker {
  pid: number
  /** @throws when the program fails at it, ends, or takes minutes. */
  ask<Answer>(order: object): Promise<Answer>
}

type Reply = { answer: unknown } | { failure: string }

export function startWorker(program: string): Worker {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true })
  onClose(() => stopChild(child))
  const ask = <Answer>(order: object) =>
    new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => settle(() => reject(new Error(`${program} does not answer`))), patienceMs)
      const settle = (then: () => void) => {
        clearTimeout(timer)
        child.off('message', replied).off('exit', ended)
        then()
      }
      const ended = (code: number | null, signal: string | null) =>
        settle(() => reject(new Error(`${program} ended with ${code ?? signal}`)))
      const replied = (reply: Reply) =>
        settle(() => ('answer' in reply ? resolve(reply.answer as Answer) : reject(new Error(reply.failure))))
      child.on('message', replied).on('exit', ended)
      child.send(order)
    })
  return { pid: child.pid ?? 0, ask }
}

/** The program's side: does what it is ordered and replies with what came of it. */
export function answerOrders<Order>(work: (order: Order) => Promise<unknown>): void {
  process.on('message', (order) => {
    work(order as Order).then(
      (answer) => process.send?.({ answer: answer ?? null }),
      (error: Error) => process.send?.({ failure: error.message }),
    )
  })
}
