import type { FastifyBaseLogger } from 'fastify'
import type { Access } from './access/access.ts'
import { accounts } from './access/account/feature.ts'
import { apiKeys } from './access/apikey/feature.ts'
import { signIn } from './access/auth/feature.ts'
import { oauth } from './access/oauth/feature.ts'
import { users } from './access/user/feature.ts'
import type { Links } from './access/user/link.ts'
import { headwind } from './channel/headwind/feature.ts'
import { mdmesh } from './channel/mdmesh/feature.ts'
import { mqtt } from './channel/mqtt/feature.ts'
import type { Gateway } from './channel/mqtt/gateway.ts'
import type { Reach } from './channel/reach/reach.ts'
import { xray } from './channel/xray/feature.ts'
import type { XrayNeeds } from './channel/xray/routes.ts'
import type { Config } from './config.ts'
import { carriers } from './connectivity/carrier-sync/feature.ts'
import { limits } from './connectivity/limit/feature.ts'
import { sims } from './connectivity/sim/feature.ts'
import { subscriptions } from './connectivity/subscription/feature.ts'
import { usage } from './connectivity/usage/feature.ts'
import type { Background } from './core/background.ts'
import type { Governance } from './core/connection/govern.ts'
import type { Database } from './core/db/database.ts'
import type { Lanes } from './core/db/hot.ts'
import type { Feature } from './core/feature.ts'
import type { Metrics } from './core/http/metrics.ts'
import type { Mailer } from './core/mail/mailer.ts'
import type { Sealer } from './core/sealer.ts'
import type { Storage } from './core/storage/storage.ts'
import { upkeep } from './core/upkeep.ts'
import type { Counted } from './core/workers/messages.ts'
import { apps } from './fleet/app/feature.ts'
import { checkIns } from './fleet/checkin/feature.ts'
import type { Checkins } from './fleet/checkin/service.ts'
import type { Reset } from './fleet/device/change.ts'
import { devices } from './fleet/device/feature.ts'
import { deviceUsage } from './fleet/device-usage/feature.ts'
import { enrollments } from './fleet/enrollment/feature.ts'
import type { QrSettings } from './fleet/enrollment/qr.ts'
import { groups } from './fleet/group/feature.ts'
import { notifications } from './fleet/notification/feature.ts'
import { views } from './fleet/view/feature.ts'
import type { WakeUps } from './fleet/wake-ups.ts'
import { alerts } from './outward/alert/feature.ts'
import { audit } from './outward/audit/feature.ts'
import { events } from './outward/event/feature.ts'
import { exports } from './outward/export/feature.ts'
import { jobs } from './outward/job/feature.ts'
import { schedules } from './outward/schedule/feature.ts'
import { search } from './outward/search/feature.ts'
import { webhooks } from './outward/webhook/feature.ts'
import { artifacts } from './software/artifact/feature.ts'
import type { ArtifactOptions } from './software/artifact/routes.ts'
import type { Uploads } from './software/artifact/upload.ts'
import { builds } from './software/build/feature.ts'
import type { DesiredStates } from './software/deployment/desired.ts'
import { deployments } from './software/deployment/feature.ts'
import type { Advance } from './software/deployment/running.ts'
import { officialCli } from './software/official-cli/feature.ts'
import { projects } from './software/project/feature.ts'
import { agentPackage } from './web/agent-package/feature.ts'
import { controller } from './web/console/feature.ts'
import { doctor } from './web/doctor/feature.ts'
import { nodes } from './web/node/feature.ts'
import { platform } from './web/platform/feature.ts'

/** What features are made of; each takes what it needs. */
export interface Parts {
  config: Config
  log: FastifyBaseLogger
  background: Background
  database: Database
  lanes: Lanes
  sealer: Sealer
  storage: Storage
  mailer: Mailer | undefined
  metrics: Metrics
  countedByOthers: () => Promise<Counted>
  isDraining: () => boolean
  /** How users and devices reach this server; known for sure only once it listens. */
  publicUrl: () => string
  access: Access
  governance: Pick<Governance, 'connections'>
  links: Links
  uploads: Uploads
  isToHave: ArtifactOptions['isToHave']
  advance: Advance
  checkins: Checkins
  wakeUps: WakeUps
  gateway: Pick<Gateway, 'connections'>
  /** Devices of other vendors' agents; none on a node that serves no devices. */
  reach: Reach | undefined
  desired: DesiredStates
  findApk: QrSettings['findApk']
  xrayNeeds: XrayNeeds
  reset: Reset
}

/** The platform: a table of contents. */
export const features = (parts: Parts): Feature[] => [
  upkeep(parts),

  accounts(),
  apiKeys(),
  users(parts),
  signIn(parts),
  oauth(parts),

  sims(),
  carriers(parts),
  subscriptions(),
  usage(parts),
  limits(),

  artifacts(parts),
  projects(),
  builds(),
  deployments(parts),
  officialCli(parts),

  groups(),
  devices(parts),
  apps(),
  deviceUsage(),
  notifications(parts),
  enrollments(parts),
  views(),
  checkIns(parts),

  mqtt(parts),
  headwind(parts),
  mdmesh(parts),
  xray(parts),

  events(parts),
  audit(parts),
  exports(parts),
  jobs(parts),
  search(),
  schedules(parts),
  webhooks(parts),
  alerts(parts),

  platform(parts),
  nodes(),
  doctor(parts),
  agentPackage(parts),
  controller(parts),
]
