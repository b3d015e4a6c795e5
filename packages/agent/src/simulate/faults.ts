import { Random } from './random.ts'

/** What can be wrong with a simulated device. */
export interface Faults {
  /** Never answers a command. */
  drop: boolean
  /** Answers late. */
  slow: boolean
  /** Refuses every command. */
  reject: boolean
  /** Says that it reboots, and comes back as it was. */
  rebootForever: boolean
  /** Loses its connection every few seconds. */
  flap: boolean
  /** Fails to install what is deployed to it. */
  installFail: boolean
}

/** Which share of the devices has each fault, from 0 to 1. */
export type FaultShares = Record<keyof Faults, number>

/** A fleet in good health. */
export const noFaults: FaultShares = { drop: 0, slow: 0, reject: 0, rebootForever: 0, flap: 0, installFail: 0 }

/**
 * The faults of a device: always the same for equal shares, seed and index. One fault has nothing to do with another, and a
 * greater share only adds devices.
 */
export function faultsOf(shares: FaultShares, seed: number, index: number): Faults {
  // Devices have the streams from 0 up, and -1 is taken as well.
  const random = new Random(seed, -2 - index)
  return {
    drop: random.chance(shares.drop),
    slow: random.chance(shares.slow),
    reject: random.chance(shares.reject),
    rebootForever: random.chance(shares.rebootForever),
    flap: random.chance(shares.flap),
    installFail: random.chance(shares.installFail),
  }
}
