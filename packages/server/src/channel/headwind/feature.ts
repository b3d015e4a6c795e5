import type { Access } from '../../access/access.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Sealer } from '../../core/sealer.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import type { Uploads } from '../../software/artifact/upload.ts'
import type { DesiredStates } from '../../software/deployment/desired.ts'
import type { Reach } from '../reach/reach.ts'
import { callers } from './caller.ts'
import { forgetArrivals } from './forget.ts'
import { openPolls } from './polls.ts'
import { headwindRoutes } from './routes.ts'

interface Needs {
  database: Database
  access: Access
  sealer: Sealer
  checkins: Checkins
  wakeUps: WakeUps
  uploads: Uploads
  desired: DesiredStates
  /** None on a node that serves no devices. */
  reach: Reach | undefined
  publicUrl: () => string
}

/** Devices with the stock agent of Headwind MDM. */
export const headwind = ({ database, access, sealer, reach, uploads, ...needs }: Needs): Feature => ({
  routes: (_router, http) => {
    if (!reach) return
    const polls = openPolls(reach)
    const { guard, devices, limiter, deviceRate, defaultRate } = access
    const callerOf = callers({
      ...{ db: database, findDevice: devices.find, limiter, deviceRate, addressRate: defaultRate },
    })
    const passwordKey = sealer.derive('headwind-password')
    const options = { ...needs, db: database, signer: uploads.signer, guard, callerOf, polls, passwordKey }
    http.register(async (scope) => headwindRoutes(scope, options))
    http.addHook('onReady', async () => polls.start())
    http.addHook('preClose', async () => polls.stop())
  },
  jobs: [forgetArrivals],
})
