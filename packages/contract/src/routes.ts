import * as alert from './alert.ts'
import * as alertRule from './alert-rule.ts'
import * as apikey from './apikey.ts'
import * as app from './app.ts'
import * as artifact from './artifact.ts'
import * as audit from './audit.ts'
import * as auth from './auth.ts'
import * as carrier from './carrier.ts'
import * as checkin from './checkin.ts'
import * as count from './count.ts'
import * as deployment from './deployment.ts'
import * as device from './device.ts'
import * as enrollment from './enrollment.ts'
import * as event from './event.ts'
import * as exports from './export.ts'
import * as group from './group.ts'
import * as job from './job.ts'
import * as lookup from './lookup.ts'
import * as node from './node.ts'
import * as notification from './notification.ts'
import * as oauth from './oauth.ts'
import * as officialCli from './official-cli.ts'
import * as platform from './platform.ts'
import * as preferences from './preferences.ts'
import * as project from './project.ts'
import type { Route } from './route.ts'
import * as schedule from './schedule.ts'
import * as search from './search.ts'
import * as secondFactor from './second-factor.ts'
import * as sim from './sim.ts'
import * as simCount from './sim-count.ts'
import * as subscription from './subscription.ts'
import * as usage from './usage.ts'
import * as user from './user.ts'
import * as view from './view.ts'
import * as webhook from './webhook.ts'
import * as xray from './xray.ts'

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'method' in value && 'url' in value

/** Every route of the contract. */
export const routes: readonly Route[] = [
  alert,
  alertRule,
  apikey,
  app,
  artifact,
  audit,
  auth,
  carrier,
  secondFactor,
  checkin,
  count,
  deployment,
  device,
  enrollment,
  event,
  exports,
  group,
  job,
  lookup,
  node,
  notification,
  oauth,
  officialCli,
  platform,
  preferences,
  project,
  schedule,
  search,
  user,
  sim,
  simCount,
  subscription,
  usage,
  view,
  webhook,
  xray,
].flatMap((module) => Object.values(module).filter(isRoute))
