import { dayMs } from '@mason/contract/time'

/** What a list may be asked for, by the name of its parameter: what few, some and all of the rows match, and none. */
type Choices = Readonly<Record<string, readonly string[]>>

const times = [new Date(Date.now() - 7 * dayMs), new Date(Date.now() - 600_000), new Date(2020, 0, 1)].map((time) =>
  time.toISOString(),
)

/** Of every list; `operation.parameter` goes before the plain name. */
const choices: Choices = {
  name: ['Till 0000777', 'nothing'],
  'listDevices.n': ['till 0000777', 'till 00007', 'till', 't', 'MSN-K7-00000012', '35693803', 'nothing'],
  'listSims.n': ['8988303000000000777', '8988303', '89', '9', 'nothing'],
  'listArtifacts.n': ['com', 'nothing'],
  group: ['pilot', 'd450-3', 'unassigned', 'nothing'],
  family: ['K7', 'nothing'],
  imei: ['356938030000777', '490154203237518'],
  serialnumber: ['MSN-K7-00000777', 'nothing'],
  iccid: ['8988303000000000777', '8988303000000614224'],
  online: ['true', 'false'],
  outOfDate: ['true', 'false'],
  checkedInBefore: times,
  checkedInAfter: times,
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

export const choicesOf = (operation: string, parameter: string): readonly string[] | undefined =>
  choices[`${operation}.${parameter}`] ?? choices[parameter]
