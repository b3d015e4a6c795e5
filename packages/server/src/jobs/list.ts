import { expireUploads } from '../artifact/upload.ts'
import type { Config } from '../config.ts'
import { judgeAnomalies } from '../limit/anomaly.ts'
import { judgeMonth } from '../limit/judge-month.ts'
import { judgeLimits } from '../limit/sim-limit.ts'
import { rotateSigningKeys } from '../oauth/signing-keys.ts'
import type { Sealer } from '../sealer.ts'
import { resumeCarrying } from '../sim/carry-out.ts'
import { collectOrphans } from '../storage/collect.ts'
import type { Storage } from '../storage/storage.ts'
import { expireEvents, expireExports, expireIdempotency, expireSignIns, rollLocations } from './expire.ts'
import { expireNotifications } from './expire-notifications.ts'
import { foldCounters } from './fold-counters.ts'
import { foldUsage } from './fold-usage.ts'
import type { PeriodicJob } from './periodic.ts'
import { rollUsage } from './roll-usage.ts'
import { settleClock } from './settle-clock.ts'
import { sweepPresence } from './sweep-presence.ts'

/** What one node of the platform looks after at a time, whatever else it serves. */
export const periodicJobs = (config: Config, sealer: Sealer, { objects }: Storage): PeriodicJob[] => [
  foldCounters,
  settleClock,
  sweepPresence(config.CHECKIN_SECONDS),
  expireNotifications,
  expireIdempotency,
  expireSignIns,
  rotateSigningKeys(sealer),
  expireEvents(config.EVENT_DAYS),
  rollLocations(config.LOCATION_DAYS),
  resumeCarrying,
  judgeMonth,
  expireExports(config.EXPORT_DAYS),
  expireUploads,
  collectOrphans(objects),
  foldUsage,
  judgeLimits,
  judgeAnomalies,
  rollUsage(config.USAGE_RECORD_DAYS),
]
