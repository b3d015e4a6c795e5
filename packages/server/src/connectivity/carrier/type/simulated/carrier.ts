import type { CarrierAnswer, CarrierSim, CarrierType } from '../../carrier.ts'

/**
 * A carrier for trials. It does what the SIM's marker `simulated` says: `fail:3` fails three times, `fail` always, `slow:3`
 * works on it for three calls, `refuse` refuses. It keeps nothing, so it answers the same after a crash.
 */
async function answer({ markers, attempt }: CarrierSim): Promise<CarrierAnswer> {
  const [how, count = Number.POSITIVE_INFINITY] = (markers.simulated ?? '').split(':')
  const isStill = attempt <= Number(count)
  if (how === 'refuse') return { is: 'refused', reason: 'The simulated carrier refuses' }
  if (how === 'fail' && isStill) throw new Error('The simulated carrier is out of order')
  return { is: how === 'slow' && isStill ? 'working' : 'done' }
}

export const simulated: CarrierType = {
  isImmediate: false,
  requestsPerSecond: 1_000,
  open: () => ({ check: async () => {}, change: answer, setDataLimit: answer, setImeiLock: answer }),
}
