import type { Checkin } from '@mason/contract/checkin'
import type { Command, Outcome } from '@mason/contract/notification'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach } from 'vitest'
import { eventually, patienceMs } from './eventually.ts'

/** A device on an MQTT connection, as a client library makes one. */
export interface MqttDevice {
  client: MqttClient
  /** Every command that has arrived, repeated ones too. */
  commands: Command[]
  /** Waits for the next command that has not been waited for. */
  next(): Promise<Command>
  checkIn(report: Checkin): Promise<void>
  answer(command: { id: string }, outcome: Outcome): Promise<void>
  /** A goodbye in order. */
  leave(): Promise<void>
  /** Resolves when the connection is over. */
  closed: Promise<void>
  /** The connection breaks. */
  vanish(): Promise<void>
}

/** Connects and subscribes; fails as the broker refuses. */
export async function connectDevice(
  url: string,
  { id, secret }: { id: string; secret: string },
  subscribe = true,
  options: IClientOptions = {},
): Promise<MqttDevice> {
  const client = await mqtt.connectAsync(
    url,
    {
      clientId: id,
      username: id,
      password: secret,
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: patienceMs,
      ...options,
    },
    false,
  )
  client.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => resolve())
  })
  const commands: Command[] = []
  let taken = 0
  client.on('message', (_topic, payload) => {
    commands.push(JSON.parse(payload.toString()))
  })
  if (subscribe) await client.subscribeAsync(`devices/${id}/notifications`, { qos: 1 })
  const publish = async (topic: string, body: unknown) => {
    await client.publishAsync(`devices/${id}/${topic}`, JSON.stringify(body), { qos: 1 })
  }
  return {
    client,
    commands,
    next: () =>
      eventually(() => {
        const command = commands[taken]
        if (!command) throw new Error('no command has arrived')
        taken++
        return command
      }),
    checkIn: (report) => publish('checkin', report),
    answer: (command, outcome) => publish(`notifications/${command.id}`, outcome),
    leave: () => client.endAsync(),
    closed,
    vanish: async () => {
      client.stream.destroy()
      await closed
    },
  }
}

/** How the tests of a file connect devices, whose connections end with each test. */
export function useMqttDevices() {
  const open: MqttDevice[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ client }) => client.endAsync(true)))
  })
  return async (device: { id: string; secret: string; mqtt?: { url: string } }, url = device.mqtt?.url ?? '') => {
    const connected = await connectDevice(url, device)
    open.push(connected)
    return connected
  }
}
