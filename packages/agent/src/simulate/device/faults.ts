import { Random } from '../random.ts'

/** The faults that a simulated device can have. */
export interface Faults {
  /** Never answers a command. */
  drop: boolean
  /** Answers late. */
  slow: boolean
  /** Refuses every command. */
  reject: boolean
  /** Acknowledges a reboot and does not carry it out. */
  rebootForever: boolean
  /** Loses its connection every few seconds. */
  flap: boolean
  /** Fails to install what is deployed to it. */
  installFail: boolean
}

/** Share of the devices that have each fault, from 0 to 1. */
export type FaultShares = Record<keyof Faults, number>

/** No device has any fault. */
export const noFaults: FaultShares = { drop: 0, slow: 0, reject: 0, rebootForever: 0, flap: 0, installFail: 0 }

/**
 * The faults of a device: always the same for equal shares, seed and index. Faults are independent of each other, and a
 * larger share only adds devices.
 */
export function faultsOf(shares: FaultShares, seed: number, index: number): Faults {
  // Devices use the streams from 0 up, and identities use -1.
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
