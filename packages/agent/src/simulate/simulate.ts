import type { Exchange } from '../http/exchange.ts'
import { checkInFleet } from './check-in-fleet.ts'
import type { Clock } from './clock.ts'
import { enrollFleet } from './enroll-fleet.ts'
import type { Family } from './families.ts'
import { readFleetFile, writeFleetFile } from './fleet-file.ts'
import type { Member, MemberCredential } from './member.ts'
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
  /** Where the credentials are kept for the next run. */
  state?: string
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
  options: Pick<SimulateOptions, 'devices' | 'families' | 'seed'>,
): Generator<SimulatedDevice, void, undefined> {
  const { families, seed } = options
  for (let index = 0; index < options.devices; index++) {
    yield new SimulatedDevice({ family: families[index % families.length] ?? families[0], seed, index })
  }
}

/** Enrols a fleet of simulated devices and lets it check in. Failures are counted in the statistics. */
export async function simulate(options: SimulateOptions, surroundings: Surroundings): Promise<void> {
  const { server, token, concurrency, state, interval, duration } = options
  const stored = state === undefined ? new Map<string, MemberCredential>() : await readFleetFile(state, server)
  const members = await enrollFleet({ ...surroundings, devices: makeDevices(options), token, stored, concurrency })
  if (state !== undefined) await writeFleetFile(state, server, new Map([...stored, ...credentialsOf(members)]))
  await checkInFleet({
    ...surroundings,
    members,
    concurrency,
    durationMs: duration === undefined ? Number.POSITIVE_INFINITY : duration * 1000,
    ...(interval !== undefined && { intervalMs: interval * 1000 }),
  })
}

const credentialsOf = (members: readonly Member[]) =>
  members.map(({ device, credential }): [string, MemberCredential] => [device.enrolment.serialnumber, credential])
