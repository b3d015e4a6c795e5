import * as apikey from './apikey.ts'
import * as artifact from './artifact.ts'
import * as auth from './auth.ts'
import * as checkin from './checkin.ts'
import * as deployment from './deployment.ts'
import * as device from './device.ts'
import * as enrollment from './enrollment.ts'
import * as event from './event.ts'
import * as exports from './export.ts'
import * as group from './group.ts'
import * as node from './node.ts'
import * as notification from './notification.ts'
import * as oauth from './oauth.ts'
import * as officialCli from './official-cli.ts'
import * as platform from './platform.ts'
import * as project from './project.ts'
import type { Route } from './route.ts'
import * as secondFactor from './second-factor.ts'
import * as sim from './sim.ts'
import * as subscription from './subscription.ts'
import * as usage from './usage.ts'
import * as user from './user.ts'

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'method' in value && 'url' in value

/** Every route of the contract. */
export const routes: readonly Route[] = [
  apikey,
  artifact,
  auth,
  secondFactor,
  checkin,
  deployment,
  device,
  enrollment,
  event,
  exports,
  group,
  node,
  notification,
  oauth,
  officialCli,
  platform,
  project,
  user,
  sim,
  subscription,
  usage,
].flatMap((module) => Object.values(module).filter(isRoute))
