import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

interface Command {
  commandId: string
  type: string
  issuedAt: string
  ttlSeconds?: number
  payload?: { url: string; packageName: string; versionCode?: number; sha256?: string }
}

interface Result {
  commandId: string
  status: 'done' | 'failed' | 'unsupported'
  detail?: string
  completedAt: string
}

interface Options {
  hardwareId: string
  model?: string
  imei?: string
  bootMs?: number
  /** How often it checks in by itself; each 15 minutes on a device. */
  everyMs?: number
}

/** Plays a device with the agent of MDMesh, as its public sources of 2026-07 describe it; nothing here is taken from the platform. */
export class MdmeshAgent {
  readonly effects = {
    reboots: 0,
    wipes: 0,
    installs: [] as string[],
    handled: [] as string[],
    refused: [] as string[],
  }
  readonly #options: Required<Options>
  readonly #server: string
  readonly #token: string
  #identity: { id: string; secret: string } | undefined
  #apps = new Map<string, number>([['com.android.settings', 33]])
  /** What the process remembers: gone after a boot. */
  #executed = new Set<string>()
  #pending: Result[] = []
  /** What happened to apps: kept on the device until a check-in has taken it. */
  #events: { type: string; ts: number; detail: string }[] = []
  #bootAt = Date.now()
  #isOn = false
  #isOver = false
  #socket: WebSocket | undefined
  #syncing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #loss: 'request' | 'answer' | undefined
  failsToInstall = false

  /** @param qr the JSON of the QR code that the device scans. */
  constructor(qr: string, options: Options) {
    this.#options = { model: 'TAB-M', imei: '', bootMs: 30, everyMs: 900_000, ...options }
    const extras = JSON.parse(qr)['android.app.extra.PROVISIONING_ADMIN_EXTRAS_BUNDLE'] as Record<string, string>
    // Of the address it takes the origin alone.
    this.#server = new URL(extras['com.mdmesh.SERVER_URL'] ?? '').origin
    this.#token = extras['com.mdmesh.ENROLL_TOKEN'] ?? ''
  }

  get identity() {
    return this.#identity
  }

  installed(name: string): number | undefined {
    return this.#apps.get(name)
  }

  /** A person removes an app. */
  removeByHand(name: string): void {
    this.#apps.delete(name)
    this.#events.push({ type: 'appUninstalled', ts: Date.now(), detail: name })
  }

  /** The next check-in is lost on its way there or back. */
  lose(what: 'request' | 'answer'): void {
    this.#loss = what
  }

  start(): void {
    this.#isOn = true
    void this.sync().then(() => this.#listen())
    this.#timer = setInterval(() => void this.sync(), this.#options.everyMs)
  }

  stop(): void {
    this.#isOver = true
    this.#goDown()
  }

  #goDown(): void {
    this.#isOn = false
    clearInterval(this.#timer)
    this.#socket?.terminate()
  }

  /** A check-in now, as it makes one every 15 minutes. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(() => this.#sync()).catch(() => {})
    return this.#syncing
  }

  async #post(
    path: string,
    body: object,
  ): Promise<{ status: string; message: string | null; data: unknown } | undefined> {
    try {
      const answer = await fetch(`${this.#server}/rest/public/agent/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#identity?.secret ?? ''}` },
        body: JSON.stringify(body),
      })
      return (await answer.json()) as { status: string; message: string | null; data: unknown }
    } catch {
      return undefined
    }
  }

  async #enroll(): Promise<void> {
    const { hardwareId, model } = this.#options
    const answer = await this.#post('enroll', {
      protocolVersion: '1.0',
      enrollToken: this.#token,
      agent: { version: '0.9.0', package: 'com.mdmesh.agent' },
      device: { androidSdkInt: 34, androidRelease: '14', manufacturer: 'Example', model, isDeviceOwner: true },
      capabilities: { policy: ['wifi'], appManagement: ['silentInstall'], device: ['lock', 'wipe'] },
      hardwareId,
    })
    if (answer?.status !== 'OK') {
      this.effects.refused.push(answer?.message ?? 'nothing')
      return
    }
    const { deviceId, deviceSecret } = answer.data as { deviceId: string; deviceSecret: string }
    this.#identity = { id: deviceId, secret: deviceSecret }
  }

  async #sync(): Promise<void> {
    if (!this.#isOn) return
    if (!this.#identity) await this.#enroll()
    const identity = this.#identity
    if (!identity) return
    const loss = this.#loss
    this.#loss = undefined
    if (loss === 'request') return
    const [results, events] = [this.#pending, this.#events]
    this.#pending = []
    this.#events = []
    // The clock jitters: the start of the boot is what is now less what has passed.
    const lastBootAt = new Date(this.#bootAt + Math.round(Math.random() * 20_000 - 10_000)).toISOString()
    const answer = await this.#post('checkin', {
      ...{ protocolVersion: '1.0', deviceId: identity.id, results, events },
      state: { battery: 64, charging: false, androidRelease: '14', lastBootAt, agentVersion: '0.9.0' },
      telemetry: {
        dynamic: { batteryPct: 64, wifiSsid: 'shop', ipAddress: '192.0.2.9', lastBootAt },
        identity: { serial: '', imei: this.#options.imei === '' ? [] : [this.#options.imei], phoneNumber: [] },
      },
    })
    if (loss || answer?.status !== 'OK') {
      if (answer && answer.status !== 'OK') this.effects.refused.push(answer.message ?? '')
      this.#pending = [...results, ...this.#pending]
      this.#events = [...events, ...this.#events]
      return
    }
    for (const command of (answer.data as { commands: Command[] }).commands) {
      if (!this.#isOn) return
      this.#pending.push(await this.#dispatch(command))
    }
  }

  async #dispatch(command: Command): Promise<Result> {
    const { commandId, type } = command
    const result = (status: Result['status'], detail?: string): Result => ({
      ...{ commandId, status, completedAt: new Date().toISOString() },
      ...(detail !== undefined && { detail }),
    })
    if (this.#executed.has(commandId)) return result('done', 'duplicate ignored')
    this.#executed.add(commandId)
    this.effects.handled.push(type)
    switch (type) {
      case 'config.sync':
        return result('done')
      case 'device.reboot':
        void this.#reboot()
        return result('done')
      case 'device.wipe':
        void this.#wipe()
        return result('done')
      case 'app.install':
        return this.#install(command, result)
      case 'apps.scan': {
        const apps = [...this.#apps].map(([packageName, versionCode]) => ({
          packageName,
          versionCode,
          versionName: '1.0',
        }))
        return result('done', JSON.stringify({ apps }))
      }
      default:
        return result('unsupported', `unknown command type: ${type}`)
    }
  }

  async #install({ payload }: Command, result: (status: Result['status'], detail?: string) => Result): Promise<Result> {
    if (!payload) return result('failed', 'app.install requires a payload')
    const { url, packageName, versionCode = 0, sha256 } = payload
    if (this.failsToInstall) return result('failed', 'INSTALL_FAILED_INSUFFICIENT_STORAGE')
    if ((this.#apps.get(packageName) ?? 0) >= versionCode) return result('done', 'skipped: not newer')
    const bytes = await fetch(url)
      .then(async (answer) => Buffer.from(await answer.arrayBuffer()))
      .catch(() => undefined)
    if (!bytes) return result('failed', 'the download failed')
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) return result('failed', 'sha256 mismatch')
    if (!this.#apps.has(packageName)) this.#events.push({ type: 'appInstalled', ts: Date.now(), detail: packageName })
    this.#apps.set(packageName, versionCode)
    this.effects.installs.push(`${packageName} ${versionCode}`)
    return result('done')
  }

  async #reboot(): Promise<void> {
    this.effects.reboots++
    this.#goDown()
    await sleep(this.#options.bootMs)
    if (this.#isOver) return
    this.#executed = new Set()
    this.#pending = []
    this.#bootAt += 3_600_000
    this.start()
  }

  /** It comes back as a new device that scans the same code. */
  async #wipe(): Promise<void> {
    this.effects.wipes++
    this.#goDown()
    await sleep(this.#options.bootMs)
    if (this.#isOver) return
    this.#identity = undefined
    this.#apps = new Map()
    this.#executed = new Set()
    this.#pending = []
    this.#events = []
    this.#bootAt += 7_200_000
    this.start()
  }

  #listen(): void {
    const identity = this.#identity
    if (!this.#isOn || !identity) return
    const url = `${this.#server.replace(/^http/, 'ws')}/agent/ws/${identity.id}`
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${identity.secret}` } })
    this.#socket = socket
    socket.on('error', () => socket.terminate())
    socket.on('message', (data) => {
      if ((JSON.parse(String(data)) as { wake?: string }).wake === 'commands') void this.sync()
    })
    socket.once('close', () => {
      if (this.#socket === socket && this.#isOn) setTimeout(() => this.#listen(), 50)
    })
  }

  /** An id that no device has. */
  static newId = () => `hw-${randomUUID().slice(0, 13)}`
}
