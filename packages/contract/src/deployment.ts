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
      description: 'how long after its last success a step passes',
    }),
    maxFailurePercent: T.Integer({
      minimum: 0,
      maximum: 100,
      default: 100,
      description: 'with a larger share of failures among the answers it pauses by itself, at once',
    }),
    minSuccessPercent: T.Optional(
      T.Integer({
        minimum: 0,
        maximum: 100,
        default: 50,
        description: 'how many of the devices told in a step have to succeed for it to pass, never fewer than one',
      }),
    ),
    stepTimeoutMinutes: T.Optional(
      T.Integer({
        minimum: 1,
        maximum: 1_051_200,
        description:
          'a step that has not passed after so long pauses the deployment; more than soakMinutes. When left out 1440, beyond a soakMinutes of a day or more',
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
    push: T.Boolean({ default: false, description: 'tell devices at once, not when they check in next' }),
    rollout: T.Optional(Rollout),
  },
  { title: 'NewDeployment' },
)
export type NewDeployment = Static<typeof NewDeployment>

const count = T.Integer({ minimum: 0 })

/** Something that the devices of a group are to have. */
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
    warning: T.Optional(T.String({ description: 'what is odd about it: an OTA that nobody registered' })),
    step: T.Integer({ minimum: 0, description: 'which of the steps it is in, from 1; 0 before it has begun' }),
    share: T.Integer({ minimum: 0, maximum: 100, description: 'percent of the group that was told' }),
    devices: T.Object(
      { waiting: count, told: count, succeeded: count, failed: count },
      {
        description:
          'the devices that it is for, each in one state; `told` are those that have not answered. A pause or cancel changes none',
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

/** How far one device is. */
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
const deployment = T.String({ description: 'id of the deployment, for the outcome' })

/** Everything that a device is to have. Source: contract §8. */
export const DesiredState = T.Object(
  {
    revision: T.String({ description: 'to be sent with check-ins as `deploymentsRevision`' }),
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

/** What a device says became of a deployment; that it succeeded is seen in the versions that it reports. */
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
    summary: 'List deployments, in the order in which they were made',
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
    summary: 'Read a deployment and how far it is',
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
    summary: 'List how far each device is',
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
      'It takes the place of an earlier deployment of the same app, of any project, or of any OS update. A project has to be built (409).',
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
      'Resuming accepts the failures so far and gives the step its whole time again. Devices that have it keep it when it is canceled; the others go on with what they had before.',
    tags,
    params: FleetAndId,
    body: DeploymentChange,
    response: answers(Deployment),
  },
})
