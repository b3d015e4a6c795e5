import type { Feature } from './feature.ts'
import { correctClock } from './jobs/correct-clock.ts'
import { foldCounters } from './jobs/fold-counters.ts'
import { noteGrowth } from './jobs/note-growth.ts'
import type { Mailer } from './mail/mailer.ts'
import { collectOrphans } from './storage/collect.ts'
import type { Storage } from './storage/storage.ts'

interface Needs {
  storage: Storage
  mailer: Mailer | undefined
}

/** What the core works on by itself. */
export const upkeep = ({ storage, mailer }: Needs): Feature => ({
  tasks: mailer ? [mailer.task] : [],
  jobs: [foldCounters, correctClock, noteGrowth(), collectOrphans(storage.objects)],
})
