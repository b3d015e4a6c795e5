import type { SimState } from '@mason/contract/sim'
import type { Link } from './link.ts'

/** What a carrier is told of a SIM. */
export interface CarrierSim {
  iccid: string
  /** By which the carrier knows it, once it has listed it. */
  reference: string | null
  imsi: string | null
  msisdn: string | null
  eid: string | null
  markers: Readonly<Record<string, string>>
  /** How often this change was asked for, this time included, and when for the first time. */
  attempt: number
  askedAt: Date
}

/** `done` says the state in the carrier's words, where it has some. `working` is asked again later; `refused` is for good. A call that throws is tried again with back-off. */
export type CarrierAnswer =
  | { is: 'done'; carrierState?: string }
  | { is: 'working' }
  | { is: 'refused'; reason: string }

/** A SIM as its carrier lists it. */
export interface Card {
  /** By which the carrier knows it. */
  reference: string
  /** The forms of its ICCID, first the one that it is registered under here when it is new. */
  iccids: readonly string[]
  /** None while the carrier works on it. */
  state: SimState | undefined
  /** The state in the carrier's own words, and what it says beyond that. */
  carrierState: string
  reason?: string | undefined
  imsi?: string | undefined
  msisdn?: string | undefined
  eid?: string | undefined
}

/** Some of the SIMs of a carrier, and where the others begin. */
interface CardPage {
  cards: Card[]
  next: string | undefined
}

/** What was used on a day (UTC), in bytes. */
export interface DayUsage {
  day: string
  upload: number
  download: number
}

/** What is asked of a carrier for one connection. */
export interface Session {
  /** @throws CarrierFault when the credentials are not taken, or nobody answers. */
  check(): Promise<void>
  /** Brings a SIM into a state. It may be asked again, after a crash or to learn how far it is, and must then do no more than once what it does. */
  change(sim: CarrierSim, target: Exclude<SimState, 'ready'>): Promise<CarrierAnswer>
  /** Has a SIM keep to so many bytes a month, or to none: then the carrier suspends it. May be asked again, as a change. */
  setDataLimit?(sim: CarrierSim, bytes: number | null): Promise<CarrierAnswer>
  /** Keeps a SIM out of all devices but one, or lets it into any. May be asked again, as a change. */
  setImeiLock?(sim: CarrierSim, imei: string | null): Promise<CarrierAnswer>
  /** A page of its SIMs; undefined begins. */
  list?(from: string | undefined): Promise<CardPage>
  /** What a SIM has used on the days from the first to before the end; a day that is not there had nothing. */
  usageOf?(sim: { iccid: string; reference: string }, first: string, end: string): Promise<DayUsage[]>
  /** What all SIMs have used on a day, by their references; one that is not there had nothing. */
  usageOn?(day: string): Promise<Map<string, { upload: number; download: number }>>
}

/** A type of connections: how the API of a carrier is spoken. */
export interface CarrierType {
  /** Whether nobody is to be called: what is asked for is so at once. */
  readonly isImmediate: boolean
  /** What the carrier allows. */
  readonly requestsPerSecond: number
  open(link: Link, credentials: Readonly<Record<string, string>>): Session
}
