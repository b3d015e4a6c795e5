import { dayMs } from '@mason/contract/time'

/** What a list may be asked for, by the name of its parameter: what few, some and all of the rows match, and none. */
type Choices = Readonly<Record<string, readonly string[]>>

/** Times by which a week, some minutes and all of the past are told apart, in a fleet that was kept since its latest check-in. */
const timesOf = (latest: Date) =>
  [latest.getTime() - 7 * dayMs, latest.getTime() - 600_000, Date.UTC(2020, 0, 1)].map((time) =>
    new Date(time).toISOString(),
  )

/** Of every list; `operation.parameter` goes before the plain name. */
const choices: Choices = {
  name: ['Till 0000777', 'nothing'],
  'listDevices.n': [
    'till 0000777',
    'till 00007',
    'till 0001',
    'till',
    't',
    '777',
    'msn-k7',
    'MSN-K7-00000012',
    '35693803',
    'nothing',
  ],
  'listSims.n': ['8988303000000000777', '8988303', '777', '89', '9', 'nothing'],
  'listArtifacts.n': ['com', 'nothing'],
  group: ['pilot', 'd450-3', 'unassigned', 'nothing'],
  family: ['K7', 'nothing'],
  imei: ['356938030000777', '490154203237518'],
  serialnumber: ['MSN-K7-00000777', 'nothing'],
  iccid: ['8988303000000000777', '8988303000000614224'],
  online: ['true', 'false'],
  outOfDate: ['true', 'false'],
  'listEvents.type': ['device.', 'device.online', 'group.created', 'sim.'],
  'listEvents.subject': ['pilot', '00000000-0000-0000-0000-000000000000', 'nothing'],
  'listEvents.actor': ['00000000-0000-0000-0000-000000000001', 'nobody'],
  job: ['00000000-0000-0000-0000-000000000000'],
  single: ['true'],
  'listAuditEntries.actor': ['00000000-0000-0000-0000-000000000001', 'nobody'],
  'listAuditEntries.action': ['updateDevice', 'notifyDevice', 'nothing'],
  'listAuditEntries.subject': ['common', 'subject-77', 'nothing'],
  'listAuditEntries.start': ['2020-01-01', '2999-01-01'],
  'listAuditEntries.end': ['2020-01-01', '2999-01-01'],
  'listAuditEntries.event': ['0000000000000000000000000000', 'nothing'],
  'listNotifications.type': ['refresh', 'wipe'],
  'listNotifications.state': ['queued', 'failed', 'succeeded'],
  batch: ['00000000-0000-0000-0000-000000000000'],
  'listArtifacts.type': ['apk', 'media'],
  'listDeploymentDevices.state': ['waiting', 'told', 'succeeded', 'failed', 'unsupported'],
  'listExports.kind': ['device', 'usage'],
  'listExports.state': ['queued', 'succeeded'],
  'listJobs.kind': ['device.bulk', 'sim.bulk'],
  'listJobs.state': ['queued', 'succeeded'],
  'listXraySessions.open': ['true', 'false'],
  'listViews.kind': ['device', 'sim'],
  'listSims.state': ['ready', 'active'],
  'listAlerts.state': ['open', 'acknowledged', 'resolved'],
  severity: ['warning', 'critical'],
  rule: ['00000000-0000-0000-0000-000000000000'],
  carrier: ['manual', 'nothing'],
  marker: ['customer:c7', 'customer', 'nothing:at-all'],
  'listSims.marker': ['customer:c7', 'nothing:at-all'],
  date: [new Date().toISOString()],
  'listDevices.filter': [
    'name=="till 0000777"',
    'name=="Till 00007*"',
    'serialnumber==msn-k7-00000777',
    'imei==356938030000777',
    'iccid==8988303000000000777',
    'family==k7',
    'family==nothing',
    'kind==headwind',
    'kind==mason-linux',
    'group==PILOT',
    'group==nothing',
    'online==false',
    'outOfDate==true',
    'conflict==true',
    'reportFaults==true',
    'lastcheckin<-7d',
    'lastcheckin<-1h and family==k7',
    'os.release==2.14.3',
    'os.release==9.9',
    'os.release<2.14',
    'label.store==12',
    'label.store==12 and family==k7',
    'label.store==nothing',
    'battery.level<50',
    'app.com.example.till>10000 and label.store==3',
  ],
  'listDevices.sort': ['name', '-name', 'createdAt', '-createdAt', 'group', '-family', 'os.release', '-os.release'],
  'listSims.sort': ['iccid', '-iccid', 'name', '-name', 'state', '-createdAt'],
  'listSims.filter': [
    'iccid==8988303000000000777',
    'name==nothing',
    'state==active',
    'carrier==manual',
    'carrier==nothing',
    'marker.customer==C7',
    // No index has what two comparisons have in common: where that is little, all of the rarer one is read.
    'marker.customer==c7 and carrier==manual',
    'marker.customer==nothing',
    'device==00000000-0000-0000-0000-000000000000',
    // What few SIMs match is looked for among all of them: see decisions/api.md.
    'usage.month>=0',
  ],
}

/** @param latest when a device was heard of last. */
export function choicesOf(operation: string, parameter: string, latest: Date): readonly string[] | undefined {
  if (parameter.startsWith('checkedIn')) return timesOf(latest)
  return choices[`${operation}.${parameter}`] ?? choices[parameter]
}
