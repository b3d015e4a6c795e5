import T, { type Static } from 'typebox'
import { ArtifactVersion, MediaType, ParsedConfig } from './artifact.ts'
import { ActorName, answers, Bytes, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'

export const DeployableType = T.Enum(['apk', 'config', 'ota'])
export type DeployableType = Static<typeof DeployableType>

/** How a deployment spreads over its group. */
export const Rollout = closed(
  {
    steps: T.Array(T.Integer({ minimum: 1, maximum: 100 }), {
      minItems: 1,
      maxItems: 100,
      description: 'shares of the group in percent, rising; the last is 100',
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
          'the deployment pauses when a step has not passed after this time; must exceed soakMinutes. Default: 1440, or soakMinutes + 1440 if soakMinutes is a day or more',
      }),
    ),
  },
  { title: 'Rollout' },
)
export type Rollout = Static<typeof Rollout>

export const NewDeployment = closed(
  {
    group: text(300, { description: 'name of the group', examples: ['unassigned'] }),
    type: DeployableType,
    name: text(200, { description: 'package, project, or `mason-os`', examples: ['com.example.till'] }),
    version: ArtifactVersion,
    push: T.Boolean({
      default: false,
      description: 'notify devices at once; otherwise they receive it at their next check-in',
    }),
    rollout: T.Optional(Rollout),
  },
  { title: 'NewDeployment' },
)
export type NewDeployment = Static<typeof NewDeployment>

const count = T.Integer({ minimum: 0 })

/** An app, a project or an OS release assigned to the devices of a group. */
export const Deployment = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    group: T.String(),
    type: DeployableType,
    name: T.String(),
    version: T.String(),
    push: T.Boolean(),
    rollout: Rollout,
    state: T.Enum(['running', 'paused', 'finished', 'canceled']),
    reason: T.Optional(T.String({ description: 'why it was paused or canceled', examples: ['failures'] })),
    warning: T.Optional(T.String({ description: 'a possible problem, such as an OTA update that is not registered' })),
    step: T.Integer({ minimum: 0, description: 'the current step, from 1; 0 before it has started' }),
    share: T.Integer({ minimum: 0, maximum: 100, description: 'percent of the group to which it was offered' }),
    devices: T.Object(
      { waiting: count, told: count, succeeded: count, failed: count },
      {
        description:
          'number of its devices by state; `told` means that it was offered and the device has not answered. Pausing or canceling changes no count',
      },
    ),
    createdBy: T.Optional(ActorName),
    createdAt: Time,
    finishedAt: T.Optional(Time),
  },
  { title: 'Deployment' },
)
export type Deployment = Static<typeof Deployment>

export const DeploymentChange = closed(
  { state: T.Enum(['paused', 'running', 'canceled']) },
  { title: 'DeploymentChange' },
)
export type DeploymentChange = Static<typeof DeploymentChange>

/** The progress of one device. */
export const DeviceProgress = T.Object(
  {
    device: T.Object({ id: T.String({ format: 'uuid' }), self: Self }),
    state: T.Enum(['waiting', 'told', 'succeeded', 'failed']),
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
    apps: T.Array(T.Object({ ...content, deployment })),
    config: T.Optional(
      T.Object({
        deployment,
        project: T.String(),
        version: T.String(),
        config: ParsedConfig,
        media: T.Array(T.Object({ ...content, type: MediaType })),
      }),
    ),
    ota: T.Optional(
      T.Object({
        deployment,
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
  config: { scope: 'fleet:deploy' },
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
  config: { scope: 'fleet:deploy' },
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
  config: { scope: 'fleet:deploy' },
  schema: {
    operationId: 'listDeploymentDevices',
    summary: 'List the progress of each device',
    tags,
    params: FleetAndId,
    querystring: pageQuery({ state: T.Optional(T.Enum(['waiting', 'told', 'succeeded', 'failed'])) }),
    response: pages(DeviceProgress),
  },
})

export const createDeployment = route({
  method: 'POST',
  url: '/v1/:fleet/deployment',
  config: { scope: 'fleet:deploy' },
  schema: {
    operationId: 'createDeployment',
    summary: 'Deploy an app, a built project or an OS update to a group',
    description:
      'It replaces an earlier deployment of the same app, of any project, or of any OS update. A project must be built first (409).',
    tags,
    params: Fleet,
    body: NewDeployment,
    response: answers(Deployment),
  },
})

export const updateDeployment = route({
  method: 'POST',
  url: '/v1/:fleet/deployment/:id',
  config: { scope: 'fleet:deploy' },
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
