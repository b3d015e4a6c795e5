import type { Static, TSchema } from 'typebox'
import * as T from 'typebox'
import { bare, closed, FieldError, Time, text } from './common.ts'
import { Connection } from './connection.ts'
import { DeploymentOutcome, DesiredState } from './deployment.ts'
import { Apps, Battery, Imei, LocationReport, Os } from './device.ts'
import { Command, NotificationOutcome } from './notification.ts'
import { route } from './route.ts'
import { Timezone } from './window.ts'
import { OfferedXray, XrayCall } from './xray.ts'

/** An optional member that `null` removes. */
const orNull = <S extends TSchema>(schema: S) => T.Optional(T.Union([schema, T.Null()]))

/**
 * What a device reports: everything (a member that is absent is no longer reported), or with `partial` only the top-level
 * members that changed (`null` removes one). Source: docs/contract.md §6.
 */
export const Checkin = closed(
  {
    partial: T.Optional(T.Boolean({ description: 'contains only the members that changed' })),
    bootId: T.Optional(text(100, { description: 'changes at every boot' })),
    imei: orNull(Imei),
    battery: orNull(Battery),
    apps: orNull(Apps),
    os: orNull(Os),
    connection: orNull(Connection),
    location: orNull(LocationReport),
    xray: orNull(OfferedXray),
    timezone: orNull(Timezone),
    updateCheckedAt: T.Optional(Time),
    resetAt: T.Optional(Time),
    deploymentsRevision: T.Optional(
      text(100, { description: 'the last revision of the assigned deployments that the device received' }),
    ),
    outcomes: T.Optional(T.Array(DeploymentOutcome, { maxItems: 1000, description: 'outcomes of deployments' })),
    notificationStates: T.Optional(
      T.Array(NotificationOutcome, { maxItems: 1000, description: 'outcomes of notifications' }),
    ),
    heldNotifications: T.Optional(
      T.Array(T.String({ format: 'uuid', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }), {
        maxItems: 1000,
        description: 'ids of commands that the device holds and is about to carry out',
      }),
    ),
  },
  { title: 'Checkin' },
)
export type Checkin = Static<typeof Checkin>

export const CheckinAnswer = T.Object(
  {
    notifications: T.Array(Command, { description: 'commands to carry out, oldest first' }),
    checkinSeconds: T.Integer({ description: 'seconds until the next check-in' }),
    withdrawn: T.Optional(
      T.Array(T.String({ format: 'uuid' }), {
        description: 'those of `heldNotifications` that must not be carried out any more',
      }),
    ),
    deployments: T.Optional(DesiredState),
    xray: T.Optional(T.Array(XrayCall, { description: 'who waits for the device' })),
    ignored: T.Optional(T.Array(FieldError, { description: 'members that were not changed, and why' })),
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
      'Answered after the report is committed. A member that cannot be read is not changed and is listed in `ignored`; all other members are accepted. An IMEI given at enrollment stays until a report contains another one.',
    tags: ['Device side'],
    body: Checkin,
    response: bare(CheckinAnswer),
  },
})
