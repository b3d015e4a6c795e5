import T, { type Static, type TSchema } from 'typebox'
import { bare, closed, FieldError, Time, text } from './common.ts'
import { DeploymentOutcome, DesiredState } from './deployment.ts'
import { Apps, Battery, Connection, Imei, LocationReport, Os } from './device.ts'
import { Command, NotificationOutcome } from './notification.ts'
import { route } from './route.ts'

const orNull = <S extends TSchema>(schema: S) => T.Optional(T.Union([schema, T.Null()]))

/**
 * What a device reports: everything (a member left out is no longer reported), or with `partial` the top-level members
 * that changed (`null` removes one). Source: contract §6.
 */
export const Checkin = closed(
  {
    partial: T.Optional(T.Boolean({ description: 'only the members that changed are here' })),
    bootId: T.Optional(text(100, { description: 'changes at every boot' })),
    imei: orNull(Imei),
    battery: orNull(Battery),
    apps: orNull(Apps),
    os: orNull(Os),
    connection: orNull(Connection),
    location: orNull(LocationReport),
    updateCheckedAt: T.Optional(Time),
    resetAt: T.Optional(Time),
    deploymentsRevision: T.Optional(text(100, { description: 'the revision of the desired state that it knows' })),
    outcomes: T.Optional(T.Array(DeploymentOutcome, { maxItems: 1000, description: 'what became of deployments' })),
    notificationStates: T.Optional(
      T.Array(NotificationOutcome, { maxItems: 1000, description: 'what became of notifications' }),
    ),
  },
  { title: 'Checkin' },
)
export type Checkin = Static<typeof Checkin>

export const CheckinAnswer = T.Object(
  {
    notifications: T.Array(Command, { description: 'commands to carry out, oldest first' }),
    checkinSeconds: T.Integer({ description: 'when to check in next, in seconds' }),
    deployments: T.Optional(DesiredState),
    ignored: T.Optional(T.Array(FieldError, { description: 'members that were left as they were, and why' })),
  },
  { title: 'CheckinAnswer' },
)
export type CheckinAnswer = Static<typeof CheckinAnswer>

export const checkin = route({
  method: 'POST',
  url: '/agent/v1/checkin',
  config: { scope: 'device', isLenient: true },
  schema: {
    operationId: 'checkin',
    summary: 'Report the state of a device',
    description:
      'Answered once the report is committed. A member that cannot be read is left as it was and named in `ignored`; everything beside it is taken. An IMEI that was given at enrollment stays until a report names another one.',
    tags: ['Device side'],
    body: Checkin,
    response: bare(CheckinAnswer),
  },
})
