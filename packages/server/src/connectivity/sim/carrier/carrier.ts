import type { SimState } from '@mason/contract/sim'
import type { UsageRecord } from '@mason/contract/usage'

/** What a carrier is told of a SIM. */
export interface CarrierSim {
  iccid: string
  imsi: string | null
  msisdn: string | null
  eid: string | null
  markers: Readonly<Record<string, string>>
  /** How often this change was asked for, this time included. */
  attempt: number
}

/** `working` is asked again later; `refused` is for good. A call that throws is tried again with back-off. */
export type CarrierAnswer = { is: 'done' } | { is: 'working' } | { is: 'refused'; reason: string }

/**
 * A network operator. Each change may be asked for again, after a crash or to learn how far it is, and must then do no
 * more than once what it does.
 */
export interface Carrier {
  /** Whether nobody is to be called: what is asked for is so at once. */
  readonly isImmediate: boolean
  activate(sim: CarrierSim, signal: AbortSignal): Promise<CarrierAnswer>
  suspend(sim: CarrierSim, signal: AbortSignal): Promise<CarrierAnswer>
  deactivate(sim: CarrierSim, signal: AbortSignal): Promise<CarrierAnswer>
  /** What was used since then; nothing of a carrier that sends its records to usage ingest itself. */
  pullUsage(accountId: string, since: Date, signal: AbortSignal): AsyncIterable<UsageRecord>
}

/** Asks for the change that brings a SIM into this state. */
export function ask(carrier: Carrier, target: SimState, sim: CarrierSim, signal: AbortSignal): Promise<CarrierAnswer> {
  switch (target) {
    case 'active':
      return carrier.activate(sim, signal)
    case 'suspended':
      return carrier.suspend(sim, signal)
    case 'deactivated':
      return carrier.deactivate(sim, signal)
    case 'ready':
      throw new Error('No SIM goes back to ready')
  }
}
