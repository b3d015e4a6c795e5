import type { Job, JobKind, JobState } from '@mason/contract/job'
import { count, counted } from '../ui/numbers.ts'
import type { Tone } from '../ui/status.tsx'

export const jobTitles: Readonly<Record<JobKind, string>> = {
  'device.bulk': 'Change of devices',
  'device.import': 'Import of devices',
  'sim.bulk': 'Change of SIMs',
}

const jobNouns: Readonly<Record<JobKind, string>> = {
  'device.bulk': 'device',
  'device.import': 'line',
  'sim.bulk': 'SIM',
}

export const jobTones: Readonly<Record<JobState, Tone>> = {
  queued: 'idle',
  running: 'accent',
  succeeded: 'good',
  canceled: 'warn',
}

/** What a job changes, in words. */
export function wordsOf({ change }: Job): string {
  if (!change) return ''
  const words = Object.entries(change).map(([name, value]) => partOf(name, value))
  return words.filter((word) => word !== '').join(', ')
}

function partOf(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (value === null) return `no ${nouns[name] ?? name}`
  if (name === 'notes') return 'notes'
  if (name === 'dataLimit') return 'a limit'
  if (name === 'labels' || name === 'markers')
    return Object.entries(value)
      .map(([key, one]) => (one === null ? `no ${key}` : `${key}: ${one}`))
      .join(', ')
  return `${nouns[name] ?? name} ${value}`
}

const nouns: Readonly<Record<string, string>> = { dataLimit: 'limit', imeiLock: 'IMEI lock' }

/** A job in a list, in words. */
export function titleOf(job: Job): string {
  const words = wordsOf(job)
  return `${jobTitles[job.kind]}${job.dryRun ? ', dry run' : ''}${words && `: ${words}`}`
}

/** How far a job has come, in words. */
export function progressOf({ kind, state, dryRun, total, done, failedTotal }: Job): string {
  const noun = jobNouns[kind]
  const refused = failedTotal > 0 ? `, ${count(failedTotal)} refused` : ''
  const verb = dryRun ? 'would be changed' : 'changed'
  if (state === 'succeeded') return `${counted(done, noun)} ${verb}${refused}`
  return `${count(done)} of ${counted(total, noun)} ${verb}${refused}`
}

export const isOver = ({ state }: Job) => state === 'succeeded' || state === 'canceled'
