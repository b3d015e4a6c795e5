import { updateDevice } from '@mason/contract/device'
import { createClient } from '@mason/sdk/client'
import type { Exchange } from '../http/exchange.ts'
import { CarrierFeed } from './carrier/carrier-feed.ts'
import { SimUsage } from './carrier/sim-usage.ts'
import type { Family } from './device/families.ts'
import type { FaultShares } from './device/faults.ts'
import { SimulatedDevice } from './device/simulated-device.ts'
import { enrollFleet } from './fleet/enroll-fleet.ts'
import type { Fleet } from './fleet/fleet.ts'
import { readFleetFile, writeFleetFile } from './fleet/fleet-file.ts'
import type { Member, MemberCredential } from './fleet/member.ts'
import { runFleet } from './fleet/run-fleet.ts'
import type { Statistics } from './progress/statistics.ts'
import type { Clock } from './schedule/clock.ts'

export interface SimulateOptions {
  /** The platform's origin. */
  server: string
  token: string
  /** The number of devices. */
  devices: number
  families: readonly [Family, ...Family[]]
  seed: number
  /** Seconds between check-ins of a device; overrides the platform's interval. */
  interval?: number
  /** Seconds of check-ins; until the signal aborts by default. */
  duration?: number
  /** How many requests and connection attempts may run at a time. */
  concurrency: number
  transport: Fleet['transport']
  /** How long a device takes to boot, in seconds. */
  bootSeconds: number
  faults: FaultShares
  /** The file that keeps the credentials for the next run. */
  state?: string
  /** Whether devices offer a virtual shell over X-Ray. */
  xray?: boolean
  /** How the usage of the SIMs is reported; absent to report none. */
  usage?: UsageOptions
  /** An API key with `fleet:manager`, which gives devices their labels; absent to give none. */
  labelKey?: string
}

/** How the usage of the SIMs is reported. */
interface UsageOptions {
  /** An API key with `connect:admin`. */
  key: string
  /** How many days before today are reported first. */
  days: number
  /** Seconds that one report covers. */
  interval: number
  /** Share of the SIMs that use forty times as much on some days, from 0 to 1. */
  runaway: number
}

export interface Environment {
  exchange: Exchange
  clock: Clock
  statistics: Statistics
  /** From 0 to 1; only for waits, so that the devices depend on the seed alone. */
  random: () => number
  signal: AbortSignal
}

/** Makes the devices of a simulation: always the same for equal families, seed and faults. */
export function* makeDevices(
  options: Pick<SimulateOptions, 'devices' | 'families' | 'seed' | 'faults'>,
): Generator<SimulatedDevice, void, undefined> {
  const { families, seed, faults } = options
  for (let index = 0; index < options.devices; index++) {
    yield new SimulatedDevice({ family: families[index % families.length] ?? families[0], seed, index, faults })
  }
}

/** Enrolls a fleet of simulated devices and runs it. Failures are counted in the statistics. */
export async function simulate(options: SimulateOptions, environment: Environment): Promise<void> {
  const { server, token, concurrency, transport, state, interval, duration } = options
  const stored = state === undefined ? new Map<string, MemberCredential>() : await readFleetFile(state, server)
  const keep = async (changed: Iterable<[string, MemberCredential | undefined]>) => {
    if (state === undefined) return
    for (const [serialnumber, credential] of changed) {
      if (credential) stored.set(serialnumber, credential)
      else stored.delete(serialnumber)
    }
    await writeFleetFile(state, server, stored)
  }
  const durationMs = duration === undefined ? Number.POSITIVE_INFINITY : duration * 1000
  const feed = options.usage && carrierFeed(options, options.usage, durationMs, environment)
  // The platform must know the SIMs before the devices report them.
  await feed?.registerSims()
  const reporting = feed?.run()
  const devices = { devices: makeDevices(options), token, stored, concurrency, label: labeler(options) }
  const credentials = await runFleet({
    ...environment,
    devices: options.devices,
    enroll: (onEnrolled) => enrollFleet({ ...environment, ...devices, onEnrolled }),
    keep: (members) => keep(credentialsOf(members)),
    token,
    concurrency,
    transport,
    bootMs: options.bootSeconds * 1000,
    ...(options.xray && { xrayServer: server }),
    durationMs,
    ...(interval !== undefined && { intervalMs: interval * 1000 }),
  })
  await keep(credentials)
  await reporting
}

/** What gives a device its labels, as somebody with an API key does. */
function labeler({ server, labelKey }: SimulateOptions) {
  if (labelKey === undefined) return undefined
  const { call } = createClient({ baseUrl: server, key: labelKey })
  return async ({ labels }: SimulatedDevice, id: string) => {
    await call(updateDevice, { id, labels })
  }
}

function carrierFeed(
  options: SimulateOptions,
  { key, days, interval, runaway }: UsageOptions,
  durationMs: number,
  { clock, statistics, signal }: Environment,
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
  members.map(({ device, credential }): [string, MemberCredential] => [device.enrollment.serialnumber, credential])
