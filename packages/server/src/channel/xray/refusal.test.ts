import { randomUUID } from 'node:crypto'
import { createApiKey } from '@mason/contract/apikey'
import { updateAccount } from '@mason/contract/user'
import { createXrayTicket, getXraySession } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import { afterEach, describe, expect, test } from 'vitest'
import { newDevice } from '../../../test/factories.ts'
import { usePlatform } from '../../../test/harness.ts'
import {
  endXraySides,
  freed,
  keyOf,
  mustOpen,
  newSession,
  newXrayDevice,
  openSide,
  refusal,
  webSocketUrl,
  xrayUrl,
} from '../../../test/xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
afterEach(endXraySides)

describe('a refusal', () => {
  test('is what the public client reads', async () => {
    const account = await platform.newAccount()
    const outsider = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const url = xrayUrl(platform.url, device.id, 'adb')
    const { data } = await account.call(createApiKey, { name: 'reader', scopes: ['fleet:admin'] })
    const plain = await newDevice(platform, account)

    const cases: [Parameters<typeof openSide>, number, string][] = [
      [[xrayUrl(platform.url, device.id, 'ssh'), keyOf(account)], 400, 'Bad Request'],
      [[url, { ...keyOf(account) }, { protocolVersion: 8 }], 400, 'Bad Request'],
      [[url], 401, 'Unauthorized'],
      [[url, { authorization: `Basic mason_${'x'.repeat(49)}` }], 401, 'Unauthorized'],
      [[url, { authorization: `Basic ${data[0]?.key}` }], 403, 'Forbidden'],
      [[url, { ...keyOf(account), origin: 'https://elsewhere.example' }], 403, 'Forbidden'],
      [[xrayUrl(platform.url, randomUUID(), 'adb'), keyOf(account)], 404, 'Not Found'],
      [[xrayUrl(platform.url, 'x', 'adb'), keyOf(account)], 404, 'Not Found'],
      [[url, keyOf(outsider)], 404, 'Not Found'],
      [[xrayUrl(platform.url, device.id, 'vnc'), keyOf(account)], 410, 'Gone'],
      [[xrayUrl(platform.url, plain.id, 'adb'), keyOf(account)], 410, 'Gone'],
    ]
    for (const [how, status, phrase] of cases)
      expect(await refusal(...how), `${how[0]} ${JSON.stringify(how[1])}`).toMatchObject({ status, phrase })
    const plainly = await platform.fetch(`/v1/global/xray/${device.id}/adb`, { key: account.key })
    expect(plainly.status).toBe(400)

    await newSession(platform, account, device)
    const taken = await refusal(url, keyOf(account))
    expect(taken).toMatchObject({ status: 429, phrase: 'Too Many Requests', body: { type: 'rate_limit_error' } })
    expect(taken.body.message).toMatch(/^owner has been on this device since 20/)
  })

  test('meets a device that was not called, or is another', async () => {
    const account = await platform.newAccount()
    const [device, other] = [await newXrayDevice(platform, account), await newXrayDevice(platform, account)]
    const at = (session: string) => `${webSocketUrl(platform.url)}/agent/v1/xray/${session}`
    expect((await refusal(at(randomUUID()), { authorization: device.authorization })).status).toBe(404)
    await mustOpen(xrayUrl(platform.url, device.id, 'adb'), keyOf(account))
    const { session } = await device.call()
    expect((await refusal(at(session), { authorization: other.authorization })).status).toBe(404)
    expect((await refusal(at(session), keyOf(account))).status).toBe(401)
    await mustOpen(at(session), { authorization: device.authorization })
    expect((await refusal(at(session), { authorization: device.authorization })).status).toBe(404)
  })

  test('meets one of two that come at once', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const url = xrayUrl(platform.url, device.id, 'adb')
    const sides = await Promise.all(Array.from({ length: 8 }, () => openSide(url, keyOf(account))))
    expect(sides.filter((side) => !('status' in side))).toHaveLength(1)
    expect(sides.filter((side) => 'status' in side && side.status === 429)).toHaveLength(7)
  })
})

describe('a ticket', () => {
  test('opens one session with its device and service, and none from another site', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account, ['adb', 'vnc'])
    const make = async () =>
      (await account.call(createXrayTicket, { id: device.id, service: 'adb', reason: 'why' })).data[0]
    const ticket = await make()
    expect(ticket?.url).toBe(`${xrayUrl(platform.url, device.id, 'adb')}?ticket=${ticket?.ticket}`)
    const url = ticket?.url ?? ''
    expect((await refusal(url, { origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await refusal(url.replace('/adb?', '/vnc?'))).status).toBe(401)
    expect((await refusal(`${url}x`)).status).toBe(401)
    const client = await mustOpen(url, { origin: platform.url })
    expect((await account.call(getXraySession, { id: ticket?.id ?? '' })).data[0]).toMatchObject({
      device: device.id,
      reason: 'why',
    })
    client.vanish()
    await freed(account, device)
    expect((await refusal(url, { origin: platform.url })).status).toBe(401)

    const old = await make()
    await platform.database.query(sql`UPDATE xray_ticket SET expires_at = now() WHERE session_id = ${old?.id}`)
    expect((await refusal(old?.url ?? '')).status).toBe(401)
  })

  test('is refused where the session would be', async () => {
    const account = await platform.newAccount()
    const device = await newXrayDevice(platform, account)
    const ask = (service: 'adb' | 'vnc', reason?: string) =>
      account.call(createXrayTicket, { id: device.id, service, ...(reason && { reason }) })
    await expect(ask('vnc')).rejects.toMatchObject({ status: 410 })
    expect((await account.call(updateAccount, { xrayReasonRequired: true })).data[0]?.xrayReasonRequired).toBe(true)
    await expect(ask('adb')).rejects.toMatchObject({ status: 400 })
    expect((await refusal(xrayUrl(platform.url, device.id, 'adb'), keyOf(account))).status).toBe(400)
    await ask('adb', 'the till prints twice')
    await mustOpen(`${xrayUrl(platform.url, device.id, 'adb')}?reason=because`, keyOf(account))
    await expect(ask('adb', 'again')).rejects.toMatchObject({ status: 429 })
  })
})
