import type { Checkin } from '@mason/contract/checkin'
import { listXraySessions, type XrayCall, type XrayService } from '@mason/contract/xray'
import { expect } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { eventually } from './eventually.ts'
import { newDevice, type TestDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'

/** A side of a session: a client, or a device. */
export interface XraySide {
  socket: WebSocket
  texts: string[]
  /** All bytes so far. */
  bytes(): Buffer
  /** How many they are. */
  size(): number
  send(data: string | Buffer): void
  /** Resolves with code and reason when the session is over for this side. */
  closed: Promise<{ code: number; reason: string }>
  /** Ends it without a word. */
  vanish(): void
}

/** Why an upgrade was refused. */
export interface XrayRefusal {
  status: number
  phrase: string
  body: { type: string; message: string }
}

const sides: WebSocket[] = []

/** Ends what tests have left open. */
export function endXraySides(): void {
  for (const side of sides.splice(0)) side.terminate()
}

/** Opens a WebSocket, or says how that was refused. */
export async function openSide(
  url: string,
  headers: Record<string, string> = {},
  options: ClientOptions = {},
): Promise<XraySide | XrayRefusal> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false, ...options })
  sides.push(socket)
  socket.on('error', () => {})
  const texts: string[] = []
  const pieces: Buffer[] = []
  let count = 0
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      pieces.push(data)
      count += data.length
    } else texts.push(data.toString())
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  const refused = new Promise<XrayRefusal>((resolve) => {
    socket.once('unexpected-response', async (_request, response) => {
      let text = ''
      for await (const piece of response) text += piece
      resolve({ status: response.statusCode ?? 0, phrase: response.statusMessage ?? '', body: JSON.parse(text) })
    })
  })
  const opened = new Promise<XraySide>((resolve) => {
    const send = (data: string | Buffer) => socket.send(data)
    const bytes = () => Buffer.concat(pieces)
    socket.once('open', () =>
      resolve({ socket, texts, closed, bytes, size: () => count, send, vanish: () => socket.terminate() }),
    )
  })
  return Promise.race([opened, refused])
}

/** The same, where it must be let in. */
export async function mustOpen(...how: Parameters<typeof openSide>): Promise<XraySide> {
  const side = await openSide(...how)
  if ('status' in side) throw new Error(`refused with ${side.status}: ${side.body.message}`)
  return side
}

export interface XrayDevice extends TestDevice {
  authorization: string
  /** Waits for the next call, as its check-ins tell it, and joins the session. */
  join(baseUrl?: string): Promise<XraySide>
  /** Waits for a call. */
  call(): Promise<XrayCall>
}

/** A device that offers X-Ray, over HTTP alone. */
export async function newXrayDevice(
  platform: Platform,
  account: TestAccount,
  xray: XrayService[] = ['adb'],
): Promise<XrayDevice> {
  const device = await newDevice(platform, account)
  const report: Checkin = { bootId: 'boot-1', xray }
  await device.checkIn(report)
  const authorization = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
  const call = () =>
    eventually(async () => {
      const { xray: calls = [] } = await device.checkIn({ ...report, partial: true })
      if (!calls[0]) throw new Error('nobody waits for the device')
      return calls[0]
    })
  return {
    ...device,
    authorization,
    call,
    // A node may tell of a call for a moment after it is over.
    join: (baseUrl = platform.url) =>
      eventually(async () => {
        const { session } = await call()
        return mustOpen(`${webSocketUrl(baseUrl)}/agent/v1/xray/${session}`, { authorization })
      }),
  }
}

export const webSocketUrl = (url: string): string => url.replace(/^http/, 'ws')

/** Where a client reaches a device. */
export const xrayUrl = (baseUrl: string, deviceId: string, service: string): string =>
  `${webSocketUrl(baseUrl)}/v1/global/xray/${deviceId}/${service}`

/** Opens both sides of a session. */
export async function newSession(platform: Platform, account: TestAccount, device: XrayDevice, at = platform.url) {
  const client = await mustOpen(xrayUrl(at, device.id, 'adb'), keyOf(account))
  const side = await device.join()
  await eventually(() => {
    if (client.texts[0] !== 'device:ok') throw new Error('the client does not hear of the device')
  })
  client.send('client:ok')
  return { client, side }
}

export const keyOf = (account: TestAccount) => ({ authorization: `Basic ${account.key}` })

/** Expects that a side is not let in. */
export async function refusal(...how: Parameters<typeof openSide>): Promise<XrayRefusal> {
  const side = await openSide(...how)
  expect(side).toHaveProperty('status')
  return side as XrayRefusal
}

/** Resolves when nobody is on a device. */
export const freed = (account: TestAccount, device: { id: string }) =>
  eventually(async () => {
    const { data } = await account.call(listXraySessions, { device: device.id, open: true })
    expect(data).toEqual([])
  })
