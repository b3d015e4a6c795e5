import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createArtifact, createUpload } from '@mason/contract/artifact'
import { createDeployment, type Deployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import { type Batch, cancelBatch, getBatch, notifyDevices } from '@mason/contract/notification'
import type { Client } from '@mason/sdk/client'
import { makeApk } from '../../packages/server/test/apk/make.ts'
import { sharedNow } from '../clock.ts'

/** What an operator does to the whole fleet at once, and how long it takes. */
export class Happenings {
  readonly #client: Client
  readonly #group: string
  readonly #say: (line: string) => void

  constructor(client: Client, group: string, say: (line: string) => void) {
    this.#client = client
    this.#group = group
    this.#say = say
  }

  /** Rolls an app out to all, with a pause in the middle. */
  async rollOut(name: string, versionCode: number): Promise<void> {
    const id = await this.#deploy(name, versionCode)
    const startedMs = sharedNow()
    await this.#until(id, ({ waiting, told }) => told > waiting / 4)
    await this.#timed('pause of the roll-out', () => this.#set(id, 'paused'))
    await this.#timed('its resumption', () => this.#set(id, 'running'))
    const { devices } = await this.#until(id, ({ waiting }) => waiting === 0)
    this.#say(`roll-out: all told after ${seconds(startedMs)} s: ${JSON.stringify(devices)}`)
  }

  /** Rolls an app out to all and cancels it in the middle. */
  async cancelRollOut(name: string, versionCode: number): Promise<void> {
    const id = await this.#deploy(name, versionCode)
    await this.#until(id, ({ waiting, told }) => told > waiting / 4)
    await this.#timed('cancel of a roll-out', () => this.#set(id, 'canceled'))
    await sleep(5_000)
    this.#say(`canceled roll-out: ${JSON.stringify((await this.#read(id)).devices)}`)
  }

  /** Sends all a command that most do not fetch in time. */
  async command(expiresIn: number): Promise<void> {
    const startedMs = sharedNow()
    const id = await this.#send(expiresIn)
    const queued = await this.#untilBatch(id, ({ total, states }) => sumOf(states) === total)
    this.#say(`command: all of ${queued.total} queued after ${seconds(startedMs)} s: ${JSON.stringify(queued.states)}`)
    const ended = await this.#untilBatch(id, ({ states }) => (states.queued ?? 0) + (states.sent ?? 0) === 0)
    this.#say(
      `command: all ended ${seconds(startedMs) - expiresIn} s after the last expiry: ${JSON.stringify(ended.states)}`,
    )
  }

  async cancelCommand(): Promise<void> {
    const id = await this.#send(86_400)
    await this.#untilBatch(id, ({ states, total }) => sumOf(states) > total / 4)
    await this.#timed('cancel of a command', () => this.#client.call(cancelBatch, { id }))
    const startedMs = sharedNow()
    const { states } = await this.#untilBatch(id, ({ states }) => (states.queued ?? 0) === 0)
    this.#say(`canceled command: no more queued after ${seconds(startedMs)} s: ${JSON.stringify(states)}`)
  }

  async #deploy(name: string, versionCode: number): Promise<string> {
    const apk = makeApk({ packageName: name, versionCode })
    const [upload] = (await this.#client.call(createUpload, { type: 'apk', md5: hash('md5', apk, 'hex') })).data
    if (!upload) throw new Error('no upload was offered')
    await fetch(upload.uploadUrl, { method: 'PUT', body: new Uint8Array(apk) })
    await this.#client.call(createArtifact, { type: 'apk', url: upload.url })
    const wanted = { type: 'apk', name, version: String(versionCode), group: this.#group, push: true } as const
    const created = await this.#timed('creation of a roll-out', () => this.#client.call(createDeployment, wanted))
    return created.data[0]?.id ?? ''
  }

  async #send(expiresIn: number): Promise<string> {
    const wanted = { type: 'check', target: { filter: {} }, expiresIn } as const
    const [batch] = (await this.#timed('command to all', () => this.#client.call(notifyDevices, wanted))).data
    if (!batch || !('id' in batch)) throw new Error('the batch has no id')
    return batch.id
  }

  async #read(id: string): Promise<Deployment> {
    const [deployment] = (await this.#client.call(getDeployment, { id })).data
    if (!deployment) throw new Error('the deployment is gone')
    return deployment
  }

  #set(id: string, state: 'running' | 'paused' | 'canceled') {
    return this.#client.call(updateDeployment, { id, state })
  }

  #until(id: string, isReached: (devices: Deployment['devices']) => boolean): Promise<Deployment> {
    return poll(
      () => this.#read(id),
      ({ devices }) => isReached(devices),
    )
  }

  #untilBatch(id: string, isReached: (batch: Batch) => boolean): Promise<Batch> {
    const read = async () => {
      const [batch] = (await this.#client.call(getBatch, { id })).data
      if (!batch) throw new Error('the batch is gone')
      return batch
    }
    return poll(read, isReached)
  }

  async #timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startedMs = sharedNow()
    const result = await work()
    this.#say(`${what}: answered in ${(sharedNow() - startedMs).toFixed(0)} ms`)
    return result
  }
}

const sumOf = (states: Batch['states']) => Object.values(states).reduce<number>((sum, count = 0) => sum + count, 0)
const seconds = (sinceMs: number) => Math.round((sharedNow() - sinceMs) / 1000)

async function poll<T>(read: () => Promise<T>, isReached: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (isReached(value)) return value
    await sleep(500)
  }
}
