import type { Worker } from 'node:cluster'
import { Registry } from '@prometheus-io/client'
import { within } from '../within.ts'
import type { Counted, Message } from './messages.ts'

/** A worker that is held up for longer is counted as it was the last time. */
const patienceMs = 2_000

/** What the primary process does so that each worker can say what all of them have counted. */
interface Gathering {
  hear(from: Worker, message: Message): void
  /** A worker has ended. What it counted stays counted: a sum that fell would look like a restart of all. */
  left(id: number): void
}

export function gathering(workers: () => Worker[]): Gathering {
  const known = new Map<number, Counted>()
  let departed: Counted = []
  const awaited = new Map<string, (counted: Counted) => void>()
  let count = 0

  const ask = async (worker: Worker): Promise<void> => {
    const id = count++
    const answer = new Promise<void>((resolve) => {
      awaited.set(`${worker.id} ${id}`, (counted) => {
        known.set(worker.id, counted)
        resolve()
      })
    })
    worker.send({ kind: 'count', id } satisfies Message, noAnswer)
    await within(patienceMs, answer)
    awaited.delete(`${worker.id} ${id}`)
  }

  const gather = async (from: Worker, id: number): Promise<void> => {
    const others = workers().filter((worker) => worker !== from && worker.isConnected())
    await Promise.all(others.map(ask))
    const counted = [departed, ...[...known].flatMap(([worker, its]) => (worker === from.id ? [] : [its]))].flat()
    if (from.isConnected()) from.send({ kind: 'counted', id, counted } satisfies Message, noAnswer)
  }

  return {
    hear: (from, message) => {
      if (message.kind === 'counted') awaited.get(`${from.id} ${message.id}`)?.(message.counted)
      if (message.kind !== 'gather') return
      known.set(from.id, message.counted)
      void gather(from, message.id)
    },
    left: (id) => {
      const last = known.get(id) ?? []
      known.delete(id)
      departed = sum([...departed, ...last.filter(isTotal)])
    },
  }
}

/** What only grows; of a gauge nothing is left when its process has ended. */
const isTotal = ({ type }: Counted[number]) => ['counter', 'histogram'].includes(String(type))

const sum = (counted: Counted) => Registry.aggregate([counted]).getMetricsAsArray() as unknown as Counted

/** A worker that is gone needs to hear nothing. */
const noAnswer = () => {}
