import * as T from 'typebox'
import { type EventType, id, number, of, text, uuid, yes } from './event-type.ts'
import { Labels } from './label.ts'
import { notificationStates } from './notification.ts'
import { DataLimit } from './sim.ts'

const scopeList = T.Array(T.String(), { examples: [['fleet:read']] })
const groupList = T.Array(T.String(), { examples: [['kiosks']], description: 'the groups that it is restricted to' })
const month = text('2026-11')

const [device, notification, group, key, user, sim] = [
  of('device'),
  of('notification'),
  of('group'),
  of('key'),
  of('user'),
  of('sim'),
]
const [deployment, schedule, webhook, alert] = [of('deployment'), of('schedule'), of('webhook'), of('alert')]
const carrier = of('carrier')

const job = T.Optional(T.String({ examples: [uuid], description: 'the job that did it' }))

const command = {
  type: text('reboot', 'the kind of command'),
  device: id,
  batch: T.Optional(id),
  reason: T.Optional(text('timeout')),
}

const rollOut = {
  group: T.Optional(text('kiosks')),
  view: T.Optional(T.String({ examples: [uuid], description: 'in place of a group, the id of a view' })),
  filter: T.Optional(text('family==D450', 'in place of a group, the filter of the devices')),
  type: text('apk'),
  name: text('com.example.till'),
  version: text('12'),
  step: T.Optional(number(1, 'the step of the roll-out, from 0')),
  share: T.Optional(number(25, 'the percentage of the devices up to this step')),
  reason: T.Optional(text('failures')),
}

const watched = {
  rule: T.Object({ id, name: text('Tills are offline') }, { examples: [{ id: uuid, name: 'Tills are offline' }] }),
  condition: text('device.offline'),
  severity: text('warning'),
  about: T.Object(
    { kind: text('device'), id, name: T.Optional(text('Till 1')) },
    { examples: [{ kind: 'device', id: uuid, name: 'Till 1' }], description: 'what the alert is about' },
  ),
}

const notifications = Object.fromEntries(
  notificationStates.map((state) => [`notification.${state}`, notification(`A command is ${state}`, command)]),
)

const entry = {
  action: text('updateDevice', 'the operation that was called, or a command of the server'),
  address: T.Optional(text('192.0.2.7')),
  userAgent: T.Optional(text('curl/8.5.0')),
  requestId: T.Optional(text('kJ3x_a-1f')),
}

/** Every type of event, by its name. Source: docs/contract.md §11. */
export const eventTypes: Readonly<Record<string, EventType>> = {
  'device.enrolled': device('A device enrolled', { enrollment: id }),
  'device.reenrolled': device('A known device enrolled again', { enrollment: id }),
  'device.renamed': device('A device got another name', { from: text('Till 1'), to: text('Till 2'), job }),
  'device.moved': device('A device moved to another group', {
    from: text('unassigned'),
    to: text('kiosks'),
    job,
  }),
  'device.changed': device('A device has other labels or notes', {
    labels: T.Optional(Labels),
    removedLabels: T.Optional(T.Array(T.String(), { examples: [['old']] })),
    notes: T.Optional(text('The cable is loose.', 'empty where they were removed')),
    job,
  }),
  'device.missed': device('A device missed its check-ins and is offline', {
    lastcheckin: text('2026-11-02T09:30:00.000Z'),
  }),
  'device.online': device('A device is back online'),
  'device.offline': device('A device is no longer connected', { clean: yes('whether it said goodbye') }),
  'device.deprovisioned': device('A device left the fleet', { name: text('Till 1') }),
  'device.report_fault': device('A member of a device’s report begins to be unreadable', {
    path: text('/battery'),
    message: text('battery must be an object'),
  }),
  'device.conflict': device('Two devices use one credential'),
  ...notifications,
  'group.created': group('A group was created'),
  'group.updated': group('A group has another description', { description: text('Tills of the northern shops') }),
  'group.deleted': group('A group was deleted'),
  'key.created': key('An API key was created', {
    name: text('nightly report'),
    scopes: scopeList,
    groups: T.Optional(groupList),
  }),
  'key.deleted': key('An API key was deleted'),
  'user.invited': user('A user was invited', { scopes: scopeList, groups: T.Optional(groupList) }),
  'user.joined': user('A user joined'),
  'user.changed': user('A user was changed', {
    scopes: T.Optional(scopeList),
    groups: T.Optional(groupList),
    unrestricted: T.Optional(yes('the restriction to groups was lifted')),
    disabled: T.Optional(yes('whether the user is shut out')),
    reset: T.Optional(T.Array(T.String(), { examples: [['totp']] })),
    password: T.Optional(yes('a new password was set')),
    totp: T.Optional(yes('whether there is a second factor now')),
  }),
  'user.removed': user('A user was removed'),
  'account.changed': of('account')('A setting of the account was changed', {
    totpRequired: T.Optional(yes('whether everybody needs a second factor')),
    timezone: T.Optional(text('Europe/Paris')),
    xrayReasonRequired: T.Optional(yes('whether X-Ray sessions need a reason')),
    xrayShellsRecorded: T.Optional(yes('whether shells of X-Ray sessions are recorded')),
  }),
  'sim.registered': sim('A SIM was registered', { carrier: text('manual'), device: T.Optional(id) }),
  'sim.state': sim('A SIM changed its state, or its carrier refused to', {
    from: text('ready'),
    to: text('active'),
    failed: T.Optional(yes('the carrier refused')),
    reason: T.Optional(text('limit')),
    job,
  }),
  'sim.changed': sim('A SIM has another name, limit, IMEI lock or markers', {
    name: T.Optional(text('Till 1')),
    dataLimit: T.Optional(T.Object(DataLimit.properties, { examples: [{ bytes: 50_000_000, action: 'alert' }] })),
    imeiLock: T.Optional(text('356938035643809')),
    markers: T.Optional(T.Record(T.String(), T.String(), { examples: [{ customer: 'harbour-taxis' }] })),
    removed: T.Optional(
      T.Array(T.String(), {
        examples: [['dataLimit']],
        description: 'of `dataLimit` and `imeiLock`, what it has no longer',
      }),
    ),
    removedMarkers: T.Optional(T.Array(T.String(), { examples: [['customer']] })),
    job,
  }),
  'sim.setting': sim('The carrier of a SIM took its data limit or IMEI lock, or refused to', {
    setting: text('dataLimit'),
    outcome: T.Enum(['set', 'removed', 'refused']),
    carrier: text('1nce-europe'),
    reason: T.Optional(text('The carrier does not know this SIM')),
  }),
  'sim.device': sim('A SIM is in another device', { from: T.Optional(id), to: T.Optional(id) }),
  'sim.imei_lock': sim('A SIM is in a device that it is not locked to', {
    device: id,
    imei: text('356938035643809'),
    imeiLock: text('490154203237518'),
  }),
  'sim.limit': sim('A SIM reached its data limit', {
    month,
    used: number(1_000_000_123),
    limit: number(1_000_000_000),
    action: text('suspend'),
  }),
  'sim.anomaly': sim('A SIM used far more than usual on a day', {
    day: text('2026-11-02'),
    used: number(900_000_000),
    median: number(4_000_000),
    bound: number(40_000_000),
  }),
  'pool.threshold': of('subscription')('The account has used a share of its data pool', {
    month,
    threshold: number(80, 'percent'),
    used: number(40_000_000_000),
    allowance: number(50_000_000_000),
  }),
  'subscription.changed': of('subscription')('The subscription was changed', {
    type: text('device_data_pool'),
    value: T.Optional(number(500_000_000)),
    perDevice: T.Optional(number(500_000_000)),
    target: T.Optional(number(500_000_000)),
    thresholds: T.Array(T.Number(), { examples: [[50, 80, 100]] }),
  }),
  'artifact.registered': of('artifact')('A version of an artifact was registered', {
    sha256: text('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'),
  }),
  'build.finished': of('build')('A build has ended', {
    state: text('COMPLETED'),
    errors: T.Optional(T.Unknown({ examples: [[]] })),
  }),
  'deployment.created': deployment('A deployment began', rollOut),
  'deployment.step': deployment('A roll-out entered its next step', rollOut),
  'deployment.paused': deployment('A roll-out was paused, or paused by itself', rollOut),
  'deployment.resumed': deployment('A roll-out goes on', rollOut),
  'deployment.finished': deployment('A deployment is finished', rollOut),
  'deployment.canceled': deployment('A deployment was canceled', rollOut),
  'carrier.created': carrier('A connection to a carrier was created', { type: text('1nce') }),
  'carrier.updated': carrier('A connection to a carrier was changed', { type: text('1nce') }),
  'carrier.deleted': carrier('A connection to a carrier was deleted', { type: text('1nce') }),
  'carrier.error': carrier('A connection to a carrier no longer works', {
    type: text('1nce'),
    error: text('The carrier does not take the credentials (401)'),
  }),
  'carrier.recovered': carrier('A connection to a carrier works again', { type: text('1nce') }),
  'carrier.synced': carrier('A sync with a carrier has ended that changed something here', {
    sims: number(120, 'SIMs that the carrier listed'),
    imported: number(2),
    unknown: number(0, 'SIMs that are not registered here'),
    corrected: number(1, 'SIMs whose state was corrected'),
    missing: number(0, 'SIMs of this connection that the carrier did not list'),
  }),
  'alert.opened': alert('An alert opened', {
    ...watched,
    found: T.Record(T.String(), T.Unknown(), { examples: [{ lastcheckin: '2026-11-02T09:30:00.000Z' }] }),
  }),
  'alert.acknowledged': alert('Somebody cares for an alert', { ...watched, note: T.Optional(text('On my way')) }),
  'alert.resolved': alert('An alert is over, by itself or by hand', {
    ...watched,
    note: T.Optional(text('The power was out.')),
  }),
  'alert.rule_changed': of('alert-rule')('An alert rule was created, changed or deleted', {
    name: text('Tills are offline'),
    change: text('created'),
  }),
  'xray.opened': of('xray')('Somebody opened an X-Ray session with a device', {
    device: id,
    service: text('adb'),
    reason: T.Optional(text('Ticket 4711: the till prints twice')),
  }),
  'xray.closed': of('xray')('An X-Ray session ended', {
    device: id,
    service: text('adb'),
    reason: text('the client left'),
    bytesUp: number(1_204),
    bytesDown: number(52_428_800),
  }),
  'schedule.created': schedule('A schedule was created'),
  'schedule.updated': schedule('A schedule was changed'),
  'schedule.deleted': schedule('A schedule was deleted'),
  'webhook.created': webhook('A webhook was created'),
  'webhook.updated': webhook('A webhook was changed'),
  'webhook.deleted': webhook('A webhook was deleted'),
  'webhook.rotated': webhook('A webhook has a new secret'),
  'webhook.disabled': webhook('The platform disabled a webhook', { reason: text('it has failed for 5 days') }),
  'audit.recorded': device('An entry of the audit trail: a change, a sign-in or a download', {
    ...entry,
    before: T.Optional(
      T.Unknown({ examples: [{ name: 'Till 1' }], description: 'of a change, the members that differ' }),
    ),
    after: T.Optional(
      T.Unknown({ examples: [{ name: 'Till 2' }], description: 'of a change, the members that differ' }),
    ),
  }),
  'audit.refused': device('An entry of the audit trail: a request that was refused (403)', {
    ...entry,
    refusal: text('The API key lacks the scope fleet:admin'),
    repeats: T.Optional(
      T.Integer({
        examples: [57],
        description: 'of how many refusals within a minute this is the last; absent for one',
      }),
    ),
  }),
  'webhook.test': webhook('A test call; only the webhook that is tested gets it'),
}
