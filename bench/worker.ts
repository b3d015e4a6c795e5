import { fork } from 'node:child_process'
import { stopChild } from './child.ts'
import { onClose } from './closing.ts'

const timeoutMs = 180_000

/** A program of the bench in its own process, which answers one order at a time. */
export interface Worker {
  pid: number
  /** @throws Error when the program fails, ends, or takes more than 3 minutes. */
  ask<Answer>(order: object): Promise<Answer>
}

type Reply = { answer: unknown } | { failure: string }

export function startWorker(program: string): Worker {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true })
  onClose(() => stopChild(child))
  const ask = <Answer>(order: object) =>
    new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`${program} does not answer`))), timeoutMs)
      const finish = (then: () => void) => {
        clearTimeout(timer)
        child.off('message', replied).off('exit', ended)
        then()
      }
      const ended = (code: number | null, signal: string | null) =>
        finish(() => reject(new Error(`${program} ended with ${code ?? signal}`)))
      const replied = (reply: Reply) =>
        finish(() => ('answer' in reply ? resolve(reply.answer as Answer) : reject(new Error(reply.failure))))
      child.on('message', replied).on('exit', ended)
      child.send(order)
    })
  return { pid: child.pid ?? 0, ask }
}

/** The program's side: carries out each order and replies with its result. */
export function answerOrders<Order>(work: (order: Order) => Promise<unknown>): void {
  process.on('message', (order) => {
    work(order as Order).then(
      (answer) => process.send?.({ answer: answer ?? null }),
      (error: Error) => process.send?.({ failure: error.message }),
    )
  })
}
