import type { Access } from '../../access/access.ts'
import type { Governance } from '../../core/connection/govern.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import type { Uploads } from '../../software/artifact/upload.ts'
import type { DesiredStates } from '../../software/deployment/desired.ts'
import type { Reach } from '../reach/reach.ts'
import { mdmeshRoutes } from './routes.ts'
import { openWakes } from './wake.ts'

interface Needs {
  database: Database
  access: Access
  governance: Pick<Governance, 'connections'>
  checkins: Checkins
  wakeUps: WakeUps
  uploads: Uploads
  desired: DesiredStates
  /** None on a node that serves no devices. */
  reach: Reach | undefined
  publicUrl: () => string
}

/** Devices with the agent of MDMesh. */
export const mdmesh = ({ database, access, governance, reach, uploads, ...needs }: Needs): Feature => ({
  routes: (_router, http) => {
    if (!reach) return
    const { guard, devices, limiter, deviceRate } = access
    const wakes = openWakes({ http, reach, findDevice: devices.find, governance })
    const known = { guard, findDevice: devices.find, limiter, deviceRate, wakes }
    http.register(async (scope) => mdmeshRoutes(scope, { ...needs, ...known, db: database, signer: uploads.signer }))
    http.addHook('preClose', async () => wakes.stop())
  },
})
