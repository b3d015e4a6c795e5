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
  'listNotifications.type': ['refresh', 'wipe'],
  'listNotifications.state': ['queued', 'failed', 'succeeded'],
  batch: ['00000000-0000-0000-0000-000000000000'],
  'listArtifacts.type': ['apk', 'media'],
  'listDeploymentDevices.state': ['waiting', 'told', 'succeeded', 'failed'],
  'listExports.kind': ['device', 'usage'],
  'listExports.state': ['queued', 'succeeded'],
  'listSims.state': ['ready', 'active'],
  carrier: ['manual', 'nothing'],
  marker: ['customer:c7', 'customer', 'nothing:at-all'],
  'listSims.marker': ['customer:c7', 'nothing:at-all'],
  date: [new Date().toISOString()],
}

/** @param latest when a device was heard of last. */
export function choicesOf(operation: string, parameter: string, latest: Date): readonly string[] | undefined {
  if (parameter.startsWith('checkedIn')) return timesOf(latest)
  return choices[`${operation}.${parameter}`] ?? choices[parameter]
}
