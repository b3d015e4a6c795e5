import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { NewExport } from './export.ts'
import { NewBatch } from './notification.ts'
import { route } from './route.ts'
import { Timezone } from './window.ts'

const name = text(100, { description: 'what it is for', examples: ['Nightly reboot'] })
const cron = T.String({
  pattern: '^\\s*(\\S+\\s+){4}\\S+\\s*$',
  fault: 'must have the five fields minute, hour, day, month and day of the week, such as 0 3 * * MON-FRI',
  maxLength: 200,
  description: 'minute, hour, day, month, day of the week',
  examples: ['0 3 * * MON-FRI'],
})
const { dryRun: _, ...batch } = NewBatch.properties
const Action = T.Union(
  [
    closed({ notification: closed(batch, { description: 'a command, as `POST notification` takes it' }) }),
    closed({ export: closed(NewExport.properties, { description: 'an export, as `POST export` takes it' }) }),
  ],
  { title: 'ScheduleAction', fault: 'must be {"notification": …} or {"export": …}' },
)
export type ScheduleAction = Static<typeof Action>
const enabled = T.Boolean({ description: 'whether it runs' })

const Run = T.Object({
  dueAt: { ...Time, description: 'when it was due' },
  at: { ...Time, description: 'when it ran; later than `dueAt` where the platform was down' },
  state: T.Enum(['succeeded', 'failed'], { description: '`succeeded`: the command or export was begun' }),
  reason: T.Optional(T.String({ description: 'why it failed' })),
  batch: T.Optional(T.String({ description: 'id of the batch that it began' })),
  export: T.Optional(T.String({ description: 'id of the export that it began' })),
})

/** What is done again and again at set times. Source: docs/contract.md §13. */
export const Schedule = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    name,
    cron,
    timezone: Timezone,
    action: Action,
    enabled,
    nextRunAt: T.Optional(Time),
    runs: T.Array(Run, { description: 'the last 20, newest first' }),
    createdBy: T.Optional(ActorName),
    createdAt: Time,
  },
  { title: 'Schedule' },
)
export type Schedule = Static<typeof Schedule>

export const NewSchedule = closed(
  {
    name,
    cron,
    timezone: Timezone,
    action: Action,
    enabled: T.Optional(T.Boolean({ default: true, description: 'whether it runs' })),
  },
  { title: 'NewSchedule' },
)
export type NewSchedule = Static<typeof NewSchedule>

export const ScheduleChange = closed(
  {
    name: T.Optional(name),
    cron: T.Optional(cron),
    timezone: T.Optional(Timezone),
    action: T.Optional(Action),
    enabled: T.Optional(enabled),
  },
  { title: 'ScheduleChange' },
)
export type ScheduleChange = Static<typeof ScheduleChange>

const tags = ['Schedules']

export const listSchedules = route({
  method: 'GET',
  url: '/v1/:fleet/schedule',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'listSchedules',
    summary: 'List schedules, in the order of their creation',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Schedule),
  },
})

export const createSchedule = route({
  method: 'POST',
  url: '/v1/:fleet/schedule',
  config: { scope: 'fleet:manager', reach: 'account' },
  schema: {
    operationId: 'createSchedule',
    summary: 'Create a schedule',
    description:
      'Needs the scope of its action as well. From then on it runs by itself, once for each time that it is due; of the times that pass while the platform is down, once. An account has at most 1,000.',
    tags,
    params: Fleet,
    body: NewSchedule,
    response: answers(Schedule),
  },
})

export const getSchedule = route({
  method: 'GET',
  url: '/v1/:fleet/schedule/:id',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'getSchedule',
    summary: 'Read a schedule and its last runs',
    tags,
    params: FleetAndId,
    response: answers(Schedule),
  },
})

export const updateSchedule = route({
  method: 'POST',
  url: '/v1/:fleet/schedule/:id',
  config: { scope: 'fleet:manager', reach: 'account' },
  schema: {
    operationId: 'updateSchedule',
    summary: 'Change a schedule',
    description: 'Needs the scopes of the action that it has and of the one that it gets.',
    tags,
    params: FleetAndId,
    body: ScheduleChange,
    response: answers(Schedule),
  },
})

export const deleteSchedule = route({
  method: 'DELETE',
  url: '/v1/:fleet/schedule/:id',
  config: { scope: 'fleet:manager', reach: 'account' },
  schema: {
    operationId: 'deleteSchedule',
    summary: 'Delete a schedule',
    description: 'What its runs began goes on.',
    tags,
    params: FleetAndId,
    response: answers(Schedule),
  },
})
