import type pg from 'pg'
import type { Fleet } from '../fleet.ts'
import { postRequest } from '../request.ts'
import type { Latencies } from './latencies.ts'
import { type Due, RequestsAtTheirPace } from './open-load.ts'

const connections = 256

/** Check-ins of a whole fleet over HTTP, device after device at an even pace; each says a battery level of its own. */
export class CheckIns {
  readonly #fleet: Fleet
  readonly #latencies: Latencies
  readonly #load: RequestsAtTheirPace
  /** How often each device has sent a check-in, and the last of these that was acknowledged. */
  readonly #sent: Uint8Array
  readonly #acknowledged: Uint8Array
  #next = 0
  /** Answers by their status. */
  readonly answers = new Map<number, number>()

  constructor(port: number, fleet: Fleet, perSecond: number, latencies: Latencies) {
    this.#fleet = fleet
    this.#latencies = latencies
    this.#sent = new Uint8Array(fleet.ids.length)
    this.#acknowledged = new Uint8Array(fleet.ids.length)
    this.#load = new RequestsAtTheirPace({ port, connections, perSecond, next: (dueMs) => this.#checkIn(dueMs) })
  }

  get backlog(): number {
    return this.#load.backlog
  }

  end(): Promise<void> {
    return this.#load.end()
  }

  #checkIn(dueMs: number): Due {
    const index = this.#next++ % this.#fleet.ids.length
    const round = (this.#sent[index] ?? 0) + 1
    this.#sent[index] = round
    const secret = Buffer.from(`${this.#fleet.ids[index]}:${this.#fleet.secretOf(index)}`).toString('base64')
    const body = `{"partial":true,"battery":{"level":"${levelOf(index, round)}"}}`
    return {
      dueMs,
      request: postRequest('/agent/v1/checkin', `Basic ${secret}`, body),
      answered: (status) => {
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
        this.#latencies.note(dueMs)
        if (status === 200) this.#acknowledged[index] = round
      },
    }
  }

  /** @returns how many devices have acknowledged a check-in, and of how many the platform knows neither it nor a later one */
  async countLost(client: pg.Client): Promise<{ acknowledged: number; lost: number }> {
    const { rows } = await client.query<{ device_id: string; battery: string }>(
      'SELECT device_id, battery FROM heartbeat',
    )
    const levels = new Map(rows.map((row) => [row.device_id, /"level":"(\d+)"/.exec(row.battery)?.[1]]))
    let [acknowledged, lost] = [0, 0]
    for (const [index, id] of this.#fleet.ids.entries()) {
      const [from, to] = [this.#acknowledged[index] ?? 0, this.#sent[index] ?? 0]
      if (from === 0) continue
      acknowledged++
      const possible = Array.from({ length: to - from + 1 }, (_, later) => levelOf(index, from + later))
      if (!possible.includes(levels.get(id) ?? '')) lost++
    }
    return { acknowledged, lost }
  }
}

/** Another level in each of 89 rounds, and no level that a device was seeded with in most of them. */
const levelOf = (index: number, round: number) => String(10 + ((index * 31 + round * 17) % 89))
