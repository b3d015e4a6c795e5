import { updateDevice } from '@mason/contract/device'
import { endXraySession, listXraySessions, updateXraySession } from '@mason/contract/xray'
import { expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { consoleUnderTest } from './console.ts'
import { pagesSideBySide } from './side-by-side.ts'
import { xrayHosts } from './xray-hosts.ts'

const controller = consoleUnderTest({ CHECKIN_SECONDS: '1' })
const beside = pagesSideBySide(controller)
const { newHost } = xrayHosts(controller)

test('a session of X-Ray: begun, asked for, kept, ended', async () => {
  const { call } = controller.account
  const { id: device } = await newHost('kiosk-1')
  const tab = `/devices/${device}?tab=xray`
  const { agree, pages, clock } = await beside.open({ holder: tab, other: tab, sessions: '/xray' })
  await pages.get('holder')?.getByRole('button', { name: 'Open a shell and files' }).click()
  const session = await eventually(async () => {
    await clock.runFor(1)
    expect(await pages.get('holder')?.getByRole('button', { name: 'End session' }).count()).toBe(1)
    return (await call(listXraySessions, { device, open: true })).data[0]?.id ?? ''
  })
  await agree('begun', {
    holder: /is on this device\. It began/,
    other: /is on this device The session began/,
    sessions: /on kiosk-1 \(shell and files\).* End\b(?!ed)/,
  })
  await call(updateDevice, { id: device, name: 'kiosk-9' })
  await agree('rename', { holder: 'kiosk-9', other: 'kiosk-9', sessions: 'on kiosk-9' }, { sessions: 'kiosk-1' })
  await call(updateXraySession, { id: session, takeOver: true })
  const asked = { holder: 'asks to take over', other: 'They were asked to leave' }
  await agree('asked for', asked)
  await call(updateXraySession, { id: session, takeOver: false })
  await agree('kept', { holder: 'It began', other: 'The session began' }, asked)
  await call(endXraySession, { id: session })
  const over = { holder: 'The session has ended', other: 'Open a shell and files', sessions: /on kiosk-9.* ended/ }
  await agree('ended', over, { holder: 'is on this device', other: 'is on this device' })
})
