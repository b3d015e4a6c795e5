import type { Config } from '../../config.ts'
import type { Background } from '../../core/background.ts'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import type { Mailer } from '../../core/mail/mailer.ts'
import type { Sealer } from '../../core/sealer.ts'
import { UrlSigner } from '../../core/storage/signed-url.ts'
import { sendDigests } from './digest.ts'
import { follow } from './follow.ts'
import { forgetAlerts } from './forget.ts'
import { judgeDueAlerts, lookForAlerts } from './look.ts'
import { mailAlerts } from './mail.ts'
import { measureAlerts } from './metrics.ts'
import { pauseRoutes } from './pause.ts'
import { alertRoutes } from './routes.ts'
import { stopDigestRoutes } from './stop-digest.ts'

interface Needs {
  config: Config
  database: Database
  background: Background
  metrics: Metrics
  sealer: Sealer
  mailer: Mailer | undefined
  publicUrl: () => string
}

const pollMs = 500

export function alerts({ config, database, background, metrics, sealer, mailer, publicUrl }: Needs): Feature {
  const signer = new UrlSigner(sealer)
  const post = { mailer, publicUrl, signer }
  const pace = { checkinSeconds: config.CHECKIN_SECONDS }
  return {
    routes: (router, http) => {
      alertRoutes(router)
      pauseRoutes(http, database, signer)
      stopDigestRoutes(http, database, signer)
      measureAlerts(metrics, database)
    },
    jobs: [
      lookForAlerts(pace),
      judgeDueAlerts(pace),
      mailAlerts(post),
      sendDigests(post),
      forgetAlerts(config.EVENT_DAYS),
    ],
    work: {
      name: 'the alerts',
      start: () => {
        let isStopping = false
        const poll = background.every('alerts', pollMs, async () => {
          while (!isStopping && (await follow(database, pace))) {}
        })
        return {
          stop: () => {
            isStopping = true
            return poll.stop()
          },
        }
      },
    },
  }
}
