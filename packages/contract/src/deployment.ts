import type { Static } from 'typebox'
import * as T from 'typebox'
import { ArtifactVersion, MediaType, ParsedConfig } from './artifact.ts'
import {
  ActorName,
  answers,
  Bytes,
  closed,
  Fleet,
  FleetAndId,
  filterExpression,
  pageQuery,
  pages,
  Self,
  Time,
  text,
} from './common.ts'
import { route } from './route.ts'
import { Window } from './window.ts'

export const DeployableType = T.Enum(['apk', 'config', 'ota'])
export type DeployableType = Static<typeof DeployableType>

/** How a deployment spreads over its devices. */
export const Rollout = closed(
  {
    steps: T.Array(T.Integer({ minimum: 1, maximum: 100 }), {
      minItems: 1,
      maxItems: 100,
      description: 'shares of the devices in percent, rising; the last is 100',
      examples: [[5, 25, 100]],
    }),
    soakMinutes: T.Integer({
      minimum: 0,
      maximum: 525_600,
      default: 0,
      description: 'minutes that must pass after the last success of a step',
    }),
    maxFailurePercent: T.Integer({
      minimum: 0,
      maximum: 100,
      default: 100,
      description: 'the deployment pauses at once when a larger share of the answers are failures',
    }),
    minSuccessPercent: T.Optional(
      T.Integer({
        minimum: 0,
        maximum: 100,
        default: 50,
        description:
          'percent of the devices offered the update in a step that must succeed for the step to pass, at least one device',
      }),
    ),
    stepTimeoutMinutes: T.Optional(
      T.Integer({
        minimum: 1,
        maximum: 1_051_200,
        description:
          'the deployment pauses when a step has not passed after this time; must exceed soakMinutes. Default: 1440, with a window 11520 (8 days); soakMinutes + 1440 if soakMinutes is as long',
      }),
    ),
  },
  { title: 'Rollout' },
)
export type Rollout = Static<typeof Rollout>

/** Devices install only inside it. */
const window = T.Optional(Window)

export const NewDeployment = closed(
  {
    group: T.Optional(text(300, { description: 'name of the group', examples: ['unassigned'] })),
    view: T.Optional(
      T.String({
        format: 'uuid',
        description:
          'in place of a group, the id of a view of devices: those that match its filter now and, while the deployment runs, those that come to match',
      }),
    ),
    filter: T.Optional(filterExpression('family==D450 and app.com.example.till<"3.2"')),
    type: DeployableType,
    name: text(200, { description: 'package, project, or `mason-os`', examples: ['com.example.till'] }),
    version: ArtifactVersion,
    push: T.Boolean({
      default: false,
      description: 'notify devices at once; otherwise they receive it at their next check-in',
    }),
    rollout: T.Optional(Rollout),
    notBefore: T.Optional(
      T.String({
        format: 'date-time',
        description: 'it begins no earlier; at most 366 days ahead',
        examples: ['2026-11-02T22:00:00Z'],
      }),
    ),
    window,
  },
  { title: 'NewDeployment' },
)
export type NewDeployment = Static<typeof NewDeployment>

const count = T.Integer({ minimum: 0 })

/** An app, a project or an OS release assigned to the devices of a group, or those that match a filter. */
export const Deployment = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    group: T.Optional(T.String({ description: 'absent where it is for a view' })),
    view: T.Optional(T.String({ format: 'uuid', description: 'id of the view that it is for' })),
    filter: T.Optional(
      T.String({ description: 'the filter that it is for, of a view as it was when the deployment was created' }),
    ),
    type: DeployableType,
    name: T.String(),
    version: T.String(),
    push: T.Boolean(),
    rollout: Rollout,
    state: T.Enum(['running', 'paused', 'finished', 'canceled']),
    reason: T.Optional(T.String({ description: 'why it was paused or canceled', examples: ['failures'] })),
    warning: T.Optional(T.String({ description: 'a possible problem, such as an OTA update that is not registered' })),
    step: T.Integer({ minimum: 0, description: 'the current step, from 1; 0 before it has started' }),
    share: T.Integer({ minimum: 0, maximum: 100, description: 'percent of the devices to which it was offered' }),
    devices: T.Object(
      { waiting: count, told: count, succeeded: count, failed: count, unsupported: T.Optional(count) },
      {
        description:
          'number of its devices by state; `told` means that it was offered and the device has not answered, `unsupported` that devices of its kind cannot have it; these count in no step. Pausing or canceling changes no count',
      },
    ),
    createdBy: T.Optional(ActorName),
    createdAt: Time,
    finishedAt: T.Optional(Time),
    notBefore: T.Optional(Time),
    window,
  },
  { title: 'Deployment' },
)
export type Deployment = Static<typeof Deployment>

export const DeploymentChange = closed(
  { state: T.Enum(['paused', 'running', 'canceled']) },
  { title: 'DeploymentChange' },
)
export type DeploymentChange = Static<typeof DeploymentChange>

/** What may have become of a deployment on a device. */
const deploymentDeviceStates = ['waiting', 'told', 'succeeded', 'failed', 'unsupported'] as const

/** The progress of one device. */
export const DeviceProgress = T.Object(
  {
    device: T.Object({ id: T.String({ format: 'uuid' }), self: Self }),
    state: T.Enum(deploymentDeviceStates),
    reason: T.Optional(T.String()),
    toldAt: T.Optional(Time),
    finishedAt: T.Optional(Time),
  },
  { title: 'DeviceProgress' },
)

const content = { name: T.String(), version: T.String(), sha256: T.String(), size: Bytes, url: T.String() }
const deployment = T.String({ description: 'id of the deployment, to report the outcome' })

/** Everything that is assigned to a device. Source: docs/contract.md §8. */
export const DesiredState = T.Object(
  {
    revision: T.String({ description: 'send it with check-ins as `deploymentsRevision`' }),
    apps: T.Array(T.Object({ ...content, deployment, window })),
    config: T.Optional(
      T.Object({
        deployment,
        window,
        project: T.String(),
        version: T.String(),
        config: ParsedConfig,
        media: T.Array(T.Object({ ...content, type: MediaType })),
      }),
    ),
    ota: T.Optional(
      T.Object({
        deployment,
        window,
        version: T.String(),
        sha256: T.Optional(T.String()),
        size: T.Optional(Bytes),
        url: T.Optional(T.String()),
      }),
    ),
  },
  { title: 'DesiredState' },
)
export type DesiredState = Static<typeof DesiredState>

/** The outcome of a deployment that a device reports; the versions it reports show whether it succeeded. */
export const DeploymentOutcome = closed(
  {
    deployment: T.String({ format: 'uuid', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }),
    state: T.Enum(['installed', 'failed']),
    reason: T.Optional(text(500)),
  },
  { title: 'DeploymentOutcome' },
)
export type DeploymentOutcome = Static<typeof DeploymentOutcome>

const tags = ['Deployments']

export const listDeployments = route({
  method: 'GET',
  url: '/v1/:fleet/deployment',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'listDeployments',
    summary: 'List deployments, in the order of their creation',
    tags,
    params: Fleet,
    querystring: pageQuery({ group: T.Optional(T.String({ maxLength: 300 })) }),
    response: pages(Deployment),
  },
})

export const getDeployment = route({
  method: 'GET',
  url: '/v1/:fleet/deployment/:id',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'getDeployment',
    summary: 'Read a deployment and its progress',
    tags,
    params: FleetAndId,
    response: answers(Deployment),
  },
})

export const listDeploymentDevices = route({
  method: 'GET',
  url: '/v1/:fleet/deployment/:id/device',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'listDeploymentDevices',
    summary: 'List the progress of each device',
    tags,
    params: FleetAndId,
    querystring: pageQuery({ state: T.Optional(T.Enum(deploymentDeviceStates)) }),
    response: pages(DeviceProgress),
  },
})

export const createDeployment = route({
  method: 'POST',
  url: '/v1/:fleet/deployment',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'createDeployment',
    summary: 'Deploy an app, a built project or an OS update to a group, a view or a filter',
    description:
      'It replaces an earlier deployment to the same group, view or filter: of the same app, of any project, or of any OS update. A device has the newest that it was offered. A project must be built first (409). Devices of a kind that cannot have it are counted as `unsupported`; a group of nothing else is a 409.',
    tags,
    params: Fleet,
    body: NewDeployment,
    response: answers(Deployment),
  },
})

export const updateDeployment = route({
  method: 'POST',
  url: '/v1/:fleet/deployment/:id',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'updateDeployment',
    summary: 'Pause, resume or cancel a deployment',
    description:
      'Resuming accepts the failures so far and restarts the timeout of the step. When it is canceled, devices that have it keep it; the others keep what they had before.',
    tags,
    params: FleetAndId,
    body: DeploymentChange,
    response: answers(Deployment),
  },
})
