import { createHash } from 'node:crypto'

export interface Rules {
  steps: number[]
  soakMinutes: number
  maxFailurePercent: number
  minSuccessPercent: number
  stepTimeoutMinutes: number
}

interface Row {
  state: 'waiting' | 'told' | 'succeeded' | 'failed'
  isLate: boolean
  step?: number
  isAccepted?: boolean
  succeededAt?: number
}

/** What docs/contract.md §8 says of a roll-out, counted device by device; times are minutes. */
export class RollOutModel {
  state: 'running' | 'paused' | 'finished' | 'canceled' = 'running'
  reason: string | undefined
  step = 0
  readonly rows = new Map<string, Row>()
  /** Devices that report the version. */
  readonly has = new Set<string>()
  #now = 0
  #begun = 0
  #hasPassed = false
  readonly #rules: Rules

  constructor(id: string, rules: Rules, members: readonly string[], having: readonly string[]) {
    this.#rules = rules
    for (const device of having) this.has.add(device)
    const place = (device: string) =>
      createHash('md5')
        .update(id + device)
        .digest()
        .readUInt32BE() >>> 1
    for (const device of members.toSorted((a, b) => place(a) - place(b)))
      this.rows.set(device, { state: 'waiting', isLate: false })
    this.#advance()
  }

  get counts() {
    const of = (state: Row['state']) => [...this.rows.values()].filter((row) => row.state === state).length
    return { waiting: of('waiting'), told: of('told'), succeeded: of('succeeded'), failed: of('failed') }
  }

  pass(minutes: number) {
    this.#now += minutes
    this.#advance()
  }

  install(device: string) {
    const row = this.rows.get(device)
    if (row?.state !== 'told' && row?.state !== 'failed') return
    if (this.state === 'canceled') return
    this.has.add(device)
    Object.assign(row, { state: 'succeeded', succeededAt: this.#now })
    this.#advance()
  }

  fail(device: string) {
    const row = this.rows.get(device)
    if (row?.state === 'told') Object.assign(row, { state: 'failed', isAccepted: false })
    this.#advance()
  }

  join(device: string) {
    if (this.state === 'canceled' || this.rows.has(device)) return
    this.rows.set(device, { state: 'waiting', isLate: true })
    if (this.#isLast && this.state !== 'paused') this.#tell(device)
    this.#advance()
  }

  leave(device: string) {
    // What was canceled is history.
    if (this.state !== 'canceled') this.rows.delete(device)
    this.#advance()
  }

  deprovision(device: string) {
    this.rows.delete(device)
    this.has.delete(device)
    this.#advance()
  }

  change(state: 'paused' | 'running' | 'canceled') {
    if (this.state === state || this.state === 'finished' || this.state === 'canceled') return
    this.state = state
    this.reason = state === 'running' ? undefined : 'asked'
    if (state === 'running') {
      this.#begun = this.#now
      for (const row of this.rows.values()) row.isAccepted = true
    }
    this.#advance()
  }

  get #isLast() {
    return this.step === this.#rules.steps.length
  }

  #tell(device: string) {
    const row = this.rows.get(device)
    if (row?.state !== 'waiting') return
    Object.assign(row, { state: 'told', step: this.step })
    if (this.has.has(device)) Object.assign(row, { state: 'succeeded', succeededAt: this.#now })
  }

  #tellShare() {
    const devices = [...this.rows].filter(([, { isLate }]) => !isLate).map(([device]) => device)
    const share = this.#rules.steps[this.step - 1] ?? 100
    const turns = this.#isLast ? [...this.rows.keys()] : devices.slice(0, Math.ceil((devices.length * share) / 100))
    for (const device of turns) this.#tell(device)
  }

  #advance() {
    if (this.state === 'running' && this.step === 0) this.#enter()
    while (this.state === 'running') {
      const isDeserted = ![...this.rows.values()].some(({ step }) => step === this.step)
      if (this.#isLast || isDeserted) this.#tellShare()
      this.#judge()
      if (this.state !== 'running' || !this.#canGoOn()) return
      this.#enter()
    }
  }

  #enter() {
    this.step++
    this.#begun = this.#now
    this.#tellShare()
  }

  #judge() {
    const { waiting, told, succeeded } = this.counts
    const failures = [...this.rows.values()].filter((row) => row.state === 'failed' && !row.isAccepted).length
    if (failures > 0 && failures / (failures + succeeded) > this.#rules.maxFailurePercent / 100) {
      this.state = 'paused'
      this.reason = 'failures'
    } else if (waiting + told === 0) {
      this.state = 'finished'
      this.step = this.#rules.steps.length
    } else if (this.#passes()) {
      this.#hasPassed ||= this.#isLast
    } else if (!this.#hasPassed && this.#now - this.#begun >= this.#rules.stepTimeoutMinutes) {
      this.state = 'paused'
      this.reason = 'too few devices have answered'
    }
  }

  #passes() {
    const told = [...this.rows.values()].filter(({ step }) => step === this.step)
    const succeeded = told.filter(({ state }) => state === 'succeeded')
    const isEnough =
      told.length === 0 ||
      (succeeded.length >= 1 && succeeded.length / told.length >= this.#rules.minSuccessPercent / 100)
    const last = Math.max(...succeeded.map(({ succeededAt = 0 }) => succeededAt))
    return isEnough && (succeeded.length === 0 || this.#now - last >= this.#rules.soakMinutes)
  }

  #canGoOn() {
    return !this.#isLast && this.#passes()
  }
}
