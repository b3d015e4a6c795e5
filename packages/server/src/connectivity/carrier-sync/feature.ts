import type { Config } from '../../config.ts'
import type { Background } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Task } from '../../core/jobs/queue.ts'
import type { Sealer } from '../../core/sealer.ts'
import { Connections } from '../carrier/connections.ts'
import { carrierRoutes } from '../carrier/routes.ts'
import { pushUsage, takePushed } from './push.ts'
import { CarrierWorker } from './worker.ts'

/** What nodes of the version before enqueue: the worker has found what it is about. */
const formerTask: Task<object> = { name: 'carry-out-sims', run: async () => {} }

interface Needs {
  config: Config
  database: Database
  background: Background
  sealer: Sealer
  publicUrl: () => string
}

export const carriers = ({ config, database, background, sealer, publicUrl }: Needs): Feature => {
  const connections = new Connections(config, sealer)
  return {
    routes: (router, http) => {
      carrierRoutes(router, { connections, publicUrl })
      router.add(pushUsage, ({ db, params, request }) => takePushed(db, params, request))
      http.addHook('onClose', async () => connections.close())
    },
    tasks: [formerTask],
    work: {
      name: 'the carriers',
      start: () => new CarrierWorker({ database, background, connections }),
    },
  }
}
