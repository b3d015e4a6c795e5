import type { Exchange } from '../http/exchange.ts'
import { CarrierFeed } from './carrier-feed.ts'
import type { Clock } from './clock.ts'
import { enrollFleet } from './enroll-fleet.ts'
import type { Family } from './families.ts'
import type { FaultShares } from './faults.ts'
import type { Fleet } from './fleet.ts'
import { readFleetFile, writeFleetFile } from './fleet-file.ts'
import type { Member, MemberCredential } from './member.ts'
import { runFleet } from './run-fleet.ts'
import { SimUsage } from './sim-usage.ts'
import { SimulatedDevice } from './simulated-device.ts'
import type { Statistics } from './statistics.ts'

export interface SimulateOptions {
  /** The platform's origin. */
  server: string
  token: string
  /** How many devices. */
  devices: number
  families: readonly [Family, ...Family[]]
  seed: number
  /** Seconds between two check-ins of a device, in place of what the platform asks. */
  interval?: number
  /** Seconds of check-ins; until the signal aborts by default. */
  duration?: number
  /** At most so many requests at a time. */
  concurrency: number
  transport: Fleet['transport']
  /** How long a device takes to boot, in seconds. */
  bootSeconds: number
  faults: FaultShares
  /** Where the credentials are kept for the next run. */
  state?: string
  /** What the SIMs use; nothing is reported without. */
  usage?: UsageOptions
}

/** How the usage of the SIMs is reported. */
interface UsageOptions {
  /** An API key with `connect:admin`. */
  key: string
  /** How many days before today are reported as well. */
  days: number
  /** Seconds that one report covers. */
  interval: number
  /** Which share of the SIMs runs away, from 0 to 1. */
  runaway: number
}

export interface Surroundings {
  exchange: Exchange
  clock: Clock
  statistics: Statistics
  /** From 0 to 1; for waits alone, so that the devices stay what the seed makes them. */
  random: () => number
  signal: AbortSignal
}

/** Makes the devices of a simulation: always the same for equal families, seed and number. */
export function* makeDevices(
  options: Pick<SimulateOptions, 'devices' | 'families' | 'seed' | 'faults'>,
): Generator<SimulatedDevice, void, undefined> {
  const { families, seed, faults } = options
  for (let index = 0; index < options.devices; index++) {
    yield new SimulatedDevice({ family: families[index % families.length] ?? families[0], seed, index, faults })
  }
}

/** Enrols a fleet of simulated devices and lets it live. Failures are counted in the statistics. */
export async function simulate(options: SimulateOptions, surroundings: Surroundings): Promise<void> {
  const { server, token, concurrency, transport, state, interval, duration } = options
  const stored = state === undefined ? new Map<string, MemberCredential>() : await readFleetFile(state, server)
  const members = await enrollFleet({ ...surroundings, devices: makeDevices(options), token, stored, concurrency })
  const keep = async (changed: Iterable<[string, MemberCredential | undefined]>) => {
    if (state === undefined) return
    for (const [serialnumber, credential] of changed) {
      if (credential) stored.set(serialnumber, credential)
      else stored.delete(serialnumber)
    }
    await writeFleetFile(state, server, stored)
  }
  await keep(credentialsOf(members))
  const durationMs = duration === undefined ? Number.POSITIVE_INFINITY : duration * 1000
  const feed = options.usage && carrierFeed(options, options.usage, durationMs, surroundings)
  // Before the devices report their SIMs.
  await feed?.introduce()
  const reporting = feed?.run()
  const credentials = await runFleet({
    ...surroundings,
    members,
    token,
    concurrency,
    transport,
    bootMs: options.bootSeconds * 1000,
    durationMs,
    ...(interval !== undefined && { intervalMs: interval * 1000 }),
  })
  await keep(credentials)
  await reporting
}

function carrierFeed(
  options: SimulateOptions,
  { key, days, interval, runaway }: UsageOptions,
  durationMs: number,
  { clock, statistics, signal }: Surroundings,
): CarrierFeed {
  const { server, seed } = options
  const sims = [...makeDevices(options)].flatMap(({ sim }, index) =>
    sim ? new SimUsage({ ...sim, seed, index, runawayShare: runaway }) : [],
  )
  return new CarrierFeed({
    server,
    key,
    sims,
    days,
    intervalMs: interval * 1000,
    durationMs,
    clock,
    statistics,
    signal,
  })
}

const credentialsOf = (members: readonly Member[]) =>
  members.map(({ device, credential }): [string, MemberCredential] => [device.enrolment.serialnumber, credential])
