import { once } from 'node:events'
import { checkin } from '@mason/contract/checkin'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { type Client, createClient } from '@mason/sdk/client'
import mqtt from 'mqtt'
import { WebSocket } from 'ws'

/** Both sides of a session, and the server in between. */
export interface Pair {
  client: WebSocket
  device: WebSocket
}

interface Server {
  port: number
  key: string
  api: Client
}

/** A device that answers calls over MQTT. */
async function newDevice({ port, api }: Server) {
  const token = (await api.call(createEnrollment, {})).data[0]?.token ?? ''
  const baseUrl = `http://127.0.0.1:${port}`
  const device = await createClient({ baseUrl, authorization: '' }).call(enroll, {
    ...{ token, serialnumber: crypto.randomUUID(), family: 'D450', bootId: 'boot-1' },
  })
  const authorization = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
  await createClient({ baseUrl, authorization }).call(checkin, { bootId: 'boot-1', xray: ['adb'] })
  const channel = await mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, {
    ...{ clientId: device.id, username: device.id, password: device.secret, protocolVersion: 4 },
  })
  await channel.subscribeAsync(`devices/${device.id}/xray`, { qos: 1 })
  const called = (): Promise<string> =>
    new Promise((resolve) =>
      channel.once('message', (_topic, payload) => resolve(JSON.parse(payload.toString()).session)),
    )
  return { id: device.id, authorization, called, end: () => channel.endAsync() }
}

/** Opens a session with a device of its own. */
export async function openPair(server: Server): Promise<Pair> {
  const { port, key } = server
  const { id, authorization, called, end } = await newDevice(server)
  const session = called()
  const client = new WebSocket(`ws://127.0.0.1:${port}/v1/global/xray/${id}/adb`, {
    ...{ headers: { authorization: `Basic ${key}` }, perMessageDeflate: false },
  })
  const isReady = once(client, 'message')
  const device = new WebSocket(`ws://127.0.0.1:${port}/agent/v1/xray/${await session}`, {
    ...{ headers: { authorization }, perMessageDeflate: false },
  })
  await Promise.all([once(device, 'open'), isReady])
  await end()
  return { client, device }
}
