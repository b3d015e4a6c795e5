import type { Worker } from 'node:cluster'
import type { FarPeers } from '../peers/peers.ts'
import { sender } from './channel.ts'
import type { Message } from './messages.ts'

/** Passes on what a worker tells its peers: to the other workers of this machine, and to the nodes of other machines. */
export function openHub(far: FarPeers | undefined): { join(worker: Worker): void } {
  const tellers = new Map<Worker, (message: Message) => void>()
  const spread = (message: Message, from?: Worker) => {
    for (const [worker, tell] of tellers) if (worker !== from) tell(message)
  }
  far?.hear((message) => spread({ kind: 'peer', message }))
  far?.watch((isWhole) => spread({ kind: 'whole', isWhole }))

  const join = (worker: Worker) => {
    const tell = sender((message, done) => (worker.isConnected() ? worker.send(message, done) : done()))
    tellers.set(worker, tell)
    worker.once('exit', () => tellers.delete(worker))
    worker.on('message', (message: Message) => {
      if (message.kind === 'ready' && far) tell({ kind: 'whole', isWhole: far.isWhole })
      if (message.kind !== 'peer') return
      spread(message, worker)
      far?.tell(message.message)
    })
  }
  return { join }
}
