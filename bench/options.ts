import { parseArgs } from 'node:util'

export const httpPaths = ['read', 'page', 'checkin', 'log', 'queries', 'ingest', 'usage'] as const
export const channelPaths = ['idle', 'connects', 'fanout'] as const
const pathNames = [...httpPaths, ...channelPaths] as const
type PathName = (typeof pathNames)[number]

export interface Options {
  devices: number
  sims: number
  /** Days on which each SIM has used data. */
  days: number
  only: readonly PathName[]
  /** Length of one measurement, in seconds. */
  seconds: number
  /** Measurements of each side of a path; the median counts. */
  rounds: number
  /** Devices that a batch reaches. */
  connections: number
  /** Connections whose memory is measured; fewer when the limit of open files is lower. */
  idle: number
  /** Folder for a CPU profile of the server. */
  profile: string | undefined
}

const usage = `npm run bench -- [--devices 100000] [--sims 100000] [--days 60] [--only ${pathNames.join(',')}] [--seconds 8] [--rounds 3] [--connections 10000] [--idle 19000] [--profile folder]`

/** Parses the command line. @throws Error with the fault and the usage. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      devices: { type: 'string', default: '100000' },
      sims: { type: 'string', default: '100000' },
      days: { type: 'string', default: '60' },
      only: { type: 'string', default: pathNames.join(',') },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '10000' },
      idle: { type: 'string', default: '19000' },
      profile: { type: 'string' },
    },
  })
  const only = values.only.split(',').map((word) => {
    const name = pathNames.find((known) => known === word)
    if (!name) throw new Error(`${word} is not a path of the bench\n${usage}`)
    return name
  })
  return {
    devices: number('devices', values.devices, 1_000),
    sims: number('sims', values.sims, 1_000),
    days: number('days', values.days, 1),
    only,
    seconds: number('seconds', values.seconds, 1),
    rounds: number('rounds', values.rounds, 1),
    connections: number('connections', values.connections, 100),
    idle: number('idle', values.idle, 100),
    profile: values.profile,
  }
}

function number(name: string, text: string, minimum: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < minimum)
    throw new Error(`--${name} must be an integer from ${minimum} up\n${usage}`)
  return value
}
