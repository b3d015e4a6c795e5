import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Configuration, checkConfiguration, type Effects } from './headwind-protocol.ts'
import { HeadwindStorage } from './headwind-storage.ts'

interface Options {
  serial: string
  model?: string
  imei?: string
  iccid?: string
  /** The pause after a poll, and the one after a refused poll; 5 s and 60 s on a device. */
  pauseMs?: number
  longPauseMs?: number
  /** How long a boot takes. */
  bootMs?: number
  /** How often it fetches its configuration by itself; each hour on a device. */
  everyMs?: number
}

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()
const sharedSecret = 'changeme-C3z9vi54'
const levels = { warn: 2, info: 3, debug: 4 }

/**
 * Plays a device with the stock agent of Headwind MDM 6.36, as its public sources and help pages describe it; nothing here is taken
 * from the platform.
 */
export class HeadwindAgent {
  readonly effects: Effects = { reboots: 0, resets: 0, installs: [], downloads: [], broadcasts: [], longPauses: 0 }
  readonly #options: Required<Options>
  readonly #extras: Record<string, string>
  #base = ''
  #project = ''
  #saved: Configuration | undefined
  #logLevel = 0
  #isOn = false
  #bootId = randomUUID()
  readonly #storage = new HeadwindStorage(this.effects, (url) => this.#download(url))
  readonly #losses: { path: RegExp; what: 'request' | 'answer' }[] = []
  #life = new AbortController()
  #updating: Promise<void> = Promise.resolve()
  /** What the person at the device was shown. */
  shown: string | undefined
  battery = 81
  location: { ts: number; lat: number; lon: number } | undefined

  /** @param qr the JSON of the QR code that the device scans. */
  constructor(qr: string, options: Options) {
    this.#options = {
      ...{ model: 'TAB-8', imei: '', iccid: '', pauseMs: 20, longPauseMs: 100, bootMs: 30, everyMs: 3_600_000 },
      ...options,
    }
    const bundle = JSON.parse(qr)['android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE'] as Record<string, unknown>
    for (const [name, value] of Object.entries(bundle))
      if (typeof value !== 'string') throw new Error(`${name} is not a string`)
    this.#extras = bundle as Record<string, string>
    this.#readExtras()
  }

  get bootId(): string {
    return this.#bootId
  }

  /** The address that it calls. */
  get server(): string {
    return `${this.#base}/${this.#project}`
  }

  installed(pkg: string): number | undefined {
    return this.#storage.installed(pkg)
  }

  file(path: string): string | undefined {
    return this.#storage.file(path)
  }

  /** A person removes an app. */
  removeByHand(pkg: string): void {
    this.#storage.remove(pkg)
  }

  /** The next call to such a path is lost on its way there or back. */
  lose(path: RegExp, what: 'request' | 'answer' = 'answer'): void {
    this.#losses.push({ path, what })
  }

  /** Switches the device on. */
  start(): void {
    this.#isOn = true
    this.#life = new AbortController()
    void this.#live(this.#life.signal)
  }

  /** Switches the device off. */
  stop(): void {
    this.#isOn = false
    this.#life.abort()
  }

  /** A person resets the device and scans the same code again. */
  async resetByHand(): Promise<void> {
    this.stop()
    await this.#updating
    this.#forget()
    this.start()
  }

  /** Fetches the configuration now, as it does every hour. */
  update(): Promise<void> {
    const { signal } = this.#life
    this.#updating = this.#updating.then(() => this.#update(signal)).catch(() => {})
    return this.#updating
  }

  /** Another device of this one's credentials asks at the same time. */
  pollTwice(): Promise<Response> {
    return fetch(this.#url(`notification/polling/${this.#number}`), { signal: this.#life.signal })
  }

  #readExtras(): void {
    this.#base = this.#extras['com.hmdm.BASE_URL'] ?? ''
    this.#project = this.#extras['com.hmdm.SERVER_PROJECT'] ?? ''
  }

  get #number(): string {
    return this.#extras['com.hmdm.DEVICE_ID'] ?? this.#options.serial
  }

  #url(path: string): string {
    return `${this.#base}${this.#project === '' ? '' : `/${this.#project}`}/rest/${path}`
  }

  #forget(): void {
    this.#saved = undefined
    this.#storage.forget()
    this.#bootId = randomUUID()
    this.#readExtras()
  }

  async #live(signal: AbortSignal): Promise<void> {
    await this.update()
    const timer = setInterval(() => void this.update(), this.#options.everyMs)
    signal.addEventListener('abort', () => clearInterval(timer))
    while (!signal.aborted) await this.#poll(signal)
  }

  /** Calls the server; undefined for whatever counts as a network error. */
  async #call(method: 'GET' | 'POST', path: string, body?: unknown, signal = this.#life.signal): Promise<unknown> {
    const loss = this.#lossOf(path)
    if (loss?.what === 'request') return undefined
    try {
      const answer = await fetch(this.#url(path), {
        method,
        headers: { 'content-type': 'application/json', 'x-request-signature': sha1(sharedSecret + this.#number) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
      })
      const text = await answer.text()
      if (loss || !answer.ok) return undefined
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }

  #lossOf(path: string) {
    const index = this.#losses.findIndex((one) => one.path.test(path))
    return index < 0 ? undefined : this.#losses.splice(index, 1)[0]
  }

  async #log(level: number, message: string): Promise<void> {
    if (level > this.#logLevel) return
    const line = { timestamp: Date.now(), logLevel: level, packageId: 'com.hmdm.launcher', message }
    await this.#call('POST', `plugins/devicelog/log/list/${this.#number}`, [line])
  }

  async #update(signal: AbortSignal): Promise<void> {
    const path = `public/sync/configuration/${this.#number}`
    const answer = (
      this.#saved
        ? await this.#call('GET', path)
        : await this.#call('POST', path, { customer: null, configuration: null, groups: null })
    ) as { status: string; message: string | null; data: Configuration | null } | undefined
    if (answer?.status === 'ERROR' && answer.message === 'error.notfound.device') this.shown = answer.message
    const config = answer?.status === 'OK' && answer.data ? answer.data : this.#saved
    if (!config || signal.aborted) return
    checkConfiguration(config)
    this.#saved = config
    const rules = (await this.#call('GET', `plugins/devicelog/log/rules/${this.#number}`)) as
      | { data: { packageId: string; logLevel: number }[] }
      | undefined
    if (rules) this.#logLevel = rules.data.find(({ packageId }) => packageId === 'com.hmdm.launcher')?.logLevel ?? 0
    if (await this.#move(config)) return this.#update(signal)
    if (config.factoryReset && (await this.#confirm(''))) return this.#reset()
    if (config.reboot && (await this.#confirm('reboot/'))) return this.#reboot()
    await this.#storage.obey(config)
    await this.#call('POST', 'public/sync/info', this.#info(config))
    await this.#log(levels.info, 'Configuration updated')
  }

  async #move({ newServerUrl }: Configuration): Promise<boolean> {
    if (!newServerUrl || newServerUrl === this.server) return false
    const [base, project] = [this.#base, this.#project]
    const url = new URL(newServerUrl)
    this.#base = url.origin
    this.#project = url.pathname.slice(1)
    if (await this.#call('GET', `public/sync/configuration/${this.#number}`)) return true
    this.#base = base
    this.#project = project
    return false
  }

  async #confirm(what: 'reboot/' | ''): Promise<boolean> {
    const path = `plugins/devicereset/public/${what}${this.#number}`
    return (await this.#call('POST', path, this.#info(this.#saved ?? {}))) !== undefined
  }

  /** It comes back as a new device that scans the same code. */
  async #reset(): Promise<void> {
    this.effects.resets++
    this.#life.abort()
    this.#forget()
    await sleep(this.#options.bootMs)
    if (this.#isOn) this.start()
  }

  async #reboot(): Promise<void> {
    this.effects.reboots++
    this.#life.abort()
    await sleep(this.#options.bootMs)
    this.#bootId = randomUUID()
    if (this.#isOn) this.start()
  }

  /** Undefined for whatever counts as a network error. */
  async #download(url: string): Promise<Buffer | undefined> {
    if (this.#lossOf(url)) return undefined
    try {
      const answer = await fetch(url, { signal: this.#life.signal })
      return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : undefined
    } catch {
      return undefined
    }
  }

  #info(config: Configuration) {
    const { serial, model, imei, iccid } = this.#options
    return {
      ...{ deviceId: this.#number, model, serial, imei, iccid, cpu: 'arm64-v8a', androidVersion: '13' },
      ...{ batteryLevel: this.battery, batteryCharging: '', mdmMode: true, kioskMode: false },
      ...{ launcherType: 'opensource', launcherPackage: 'com.hmdm.launcher', defaultLauncher: false },
      permissions: [1, 1, 1],
      ...this.#storage.report(config),
      ...(this.location && { location: this.location }),
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    let pause = this.#options.pauseMs
    try {
      const answer = await fetch(this.#url(`notification/polling/${this.#number}`), { signal })
      if (!answer.ok) throw new Error(String(answer.status))
      const { data } = (await answer.json()) as { data: { messageType: string; payload: unknown }[] }
      for (const message of data) {
        if (message.payload !== null && typeof message.payload !== 'string')
          throw new Error('a payload that is no text')
        void this.#obey(message.messageType, message.payload as string | null)
      }
    } catch {
      if (signal.aborted) return
      this.effects.longPauses++
      pause = this.#options.longPauseMs
    }
    await sleep(pause, undefined, { signal }).catch(() => {})
  }

  async #obey(type: string, payload: string | null): Promise<void> {
    if (type === 'configUpdated') return this.update()
    if (type === 'runCommand') {
      const { command } = JSON.parse(payload ?? '{}') as { command: string }
      const result = command.replace(/^echo /, '').replace('$(cat /proc/sys/kernel/random/boot_id)', this.#bootId)
      return this.#log(levels.debug, `Executed a command: ${command} Result: ${result}`)
    }
    this.effects.broadcasts.push({ type: `com.hmdm.push.${type}`, data: payload })
  }
}
