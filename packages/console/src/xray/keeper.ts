import type { XrayService } from '@mason/contract/xray'
import type { Adb } from '@yume-chan/adb'
import { messageOf } from '../api/faults.ts'
import { part } from '../api/part.ts'
import { openXray, sentence, type XrayConnection } from './connection.ts'

/** Where a session is. */
export type XrayState =
  | { kind: 'closed'; reason?: string; isFailure?: boolean }
  | { kind: 'opening'; isAgain: boolean }
  | { kind: 'open'; connection: XrayConnection; adb: Adb | undefined; isLost: boolean }

/** A connection that was lost is made anew for so long. */
const againMs = 30_000
const pauseMs = 1_500

/** Keeps a session with a device: one whose connection is lost is opened anew. */
export class XrayKeeper {
  readonly #deviceId: string
  readonly #onState: (state: XrayState) => void
  #connection: XrayConnection | undefined
  /** Which of the sessions that were asked for counts: what comes of an earlier one is closed. */
  #current = 0

  constructor(deviceId: string, onState: (state: XrayState) => void) {
    this.#deviceId = deviceId
    this.#onState = onState
  }

  /** Opens a session. Resolves when it is over for good. */
  async begin(service: XrayService, reason: string | undefined): Promise<void> {
    this.#leave()
    const mine = this.#current
    let giveUpAt: number | undefined
    while (mine === this.#current) {
      this.#onState({ kind: 'opening', isAgain: giveUpAt !== undefined })
      const end = await this.#hold(mine, service, reason)
      if (mine !== this.#current) return
      if (end.isLost) giveUpAt = Date.now() + againMs
      else if (!end.isFailure || giveUpAt === undefined || Date.now() > giveUpAt)
        return this.#onState({ kind: 'closed', reason: end.reason, isFailure: end.isFailure })
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** Ends the session. */
  end(): void {
    this.#leave()
    this.#onState({ kind: 'closed' })
  }

  #leave(): void {
    this.#current += 1
    this.#connection?.close()
    this.#connection = undefined
  }

  /** Holds one session until its end. */
  async #hold(mine: number, service: XrayService, reason: string | undefined) {
    try {
      // A VNC server speaks first: whoever listens is there before.
      if (service === 'vnc') await part(() => import('./screen-panel.tsx'))()
      const connection = await openXray(this.#deviceId, service, reason)
      if (mine !== this.#current) {
        connection.close()
        return { reason: '', isLost: false, isFailure: false }
      }
      this.#connection = connection
      let adb: Adb | undefined
      const tell = (isLost: boolean) => {
        if (mine === this.#current) this.#onState({ kind: 'open', connection, adb, isLost })
      }
      adb = await speakAdb(connection, this.#deviceId, (isLost) => adb && tell(isLost))
      tell(false)
      const { reason: said, isLost } = await connection.ended
      return { reason: sentence(said), isLost, isFailure: false }
    } catch (error) {
      if (mine === this.#current) this.#connection?.close()
      return { reason: messageOf(error), isLost: false, isFailure: true }
    }
  }
}

async function speakAdb(
  { stream, listen }: XrayConnection,
  deviceId: string,
  onLost: (isLost: boolean) => void,
): Promise<Adb | undefined> {
  if (!stream) return undefined
  const { connectAdb } = await part(() => import('./adb.ts'))()
  return connectAdb({ stream, listen }, deviceId, onLost)
}
