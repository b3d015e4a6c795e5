import type { DesiredState } from '@mason/contract/deployment'
import type { Command } from '@mason/contract/notification'
import { ConnectionError } from '@mason/sdk/connection-error'
import { connect } from 'mqtt'
import { isRefusal, LoginRefused } from './login-refused.ts'
import { readCommand } from './read-command.ts'
import { readDesired } from './read-desired.ts'
import { topics } from './topics.ts'

const timeoutMs = 30_000
/** Proxies end a connection on which nothing has come for 60 s, as nginx does. */
const keepAliveSeconds = 40

/** A live MQTT connection of a device, subscribed to its commands and deployments. */
export interface Channel {
  /**
   * Publishes JSON with QoS 1.
   *
   * @returns once the platform has committed it (PUBACK).
   * @throws ConnectionError when the connection ends before that; where no PUBACK comes in time, it ends it.
   */
  publish(topic: string, body: unknown): Promise<void>
  /** Resolves when the connection has ended, with the reason. */
  readonly closed: Promise<Error>
  close(): void
}

/**
 * Connects, logs in and subscribes, once.
 *
 * @param url mqtt, mqtts, ws or wss.
 * @param onCommand is given each command that arrives, repeated ones too.
 * @param onDesired is given what the device is to have, when that differs from what its check-in knew.
 * @throws LoginRefused when the credential is refused; ConnectionError. Source: MQTT 3.1.1, contract §6.
 */
export type OpenChannel = (
  url: string,
  device: { id: string; secret: string },
  onCommand: (command: Command) => void,
  onDesired: (desired: DesiredState) => void,
) => Promise<Channel>

/** The {@link OpenChannel} of the host agent. */
export const openChannel: OpenChannel = (url, { id, secret }, onCommand, onDesired) => {
  const opened = Promise.withResolvers<Channel>()
  const closed = Promise.withResolvers<Error>()
  const inFlight = new Set<(error: Error) => void>()
  let fault: Error | undefined

  const client = connect(url, {
    clientId: id,
    username: id,
    password: secret,
    protocolVersion: 4,
    clean: true,
    keepalive: keepAliveSeconds,
    connectTimeout: timeoutMs,
    // What was in flight goes another way, and when to come back is for the keeper to say.
    reconnectPeriod: 0,
  })

  const publish = (topic: string, body: unknown) =>
    new Promise<void>((resolve, reject) => {
      const settle = (error: Error | undefined) => {
        clearTimeout(timer)
        inFlight.delete(settle)
        if (error) reject(error)
        else resolve()
      }
      const timer = setTimeout(() => {
        settle(new ConnectionError(`no PUBACK for ${topic}`))
        client.end(true)
      }, timeoutMs)
      inFlight.add(settle)
      client.publish(topic, JSON.stringify(body), { qos: 1 }, (error) =>
        settle(error ? asConnectionError(error) : undefined),
      )
    })

  client.on('message', (topic, payload) => {
    if (topic === topics.deployments(id)) {
      const desired = readDesired(payload)
      if (desired) onDesired(desired)
      return
    }
    const command = readCommand(payload)
    if (command) onCommand(command)
  })
  client.on('error', (error) => {
    fault = error
  })
  client.once('connect', () => {
    client.subscribe([topics.commands(id), topics.deployments(id)], { qos: 1 }, (error) => {
      if (!error) return opened.resolve({ publish, closed: closed.promise, close: () => client.end(inFlight.size > 0) })
      fault = error
      client.end(true)
    })
  })
  client.once('close', () => {
    const reason = asConnectionError(fault ?? new Error('connection closed'))
    client.end(true)
    for (const settle of inFlight) settle(reason)
    opened.reject(fault && 'code' in fault && isRefusal(fault.code) ? new LoginRefused() : reason)
    closed.resolve(reason)
  })
  return opened.promise
}

const asConnectionError = (cause: Error) =>
  new ConnectionError(`MQTT: ${cause.message || ('code' in cause ? String(cause.code) : cause.name)}`, { cause })
