import { ConnectionError } from '@mason/sdk/connection-error'
import { connect } from 'mqtt'
import { handleMessage, type MessageHandlers } from './handle-message.ts'
import { isRefusal, LoginRefused } from './login-refused.ts'
import { subscriptions, topics } from './topics.ts'

const timeoutMs = 30_000
// Proxies such as nginx close a connection that is silent for 60 s.
const keepAliveSeconds = 40

/** A live MQTT connection of a device, subscribed to its commands and deployments. */
export interface Channel {
  /**
   * Publishes JSON with QoS 1.
   *
   * @returns once the platform has committed it (PUBACK).
   * @throws ConnectionError when the connection ends before that; without a PUBACK in time the connection is closed.
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
 * @throws LoginRefused when the credential is refused; ConnectionError. Source: MQTT 3.1.1, docs/contract.md §6.
 */
export type OpenChannel = (
  url: string,
  device: { id: string; secret: string },
  handlers: MessageHandlers,
) => Promise<Channel>

/** The {@link OpenChannel} of the host agent. */
export const openChannel: OpenChannel = (url, { id, secret }, handlers) => {
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
    // What was in flight goes over HTTP, and the keeper decides when to connect again.
    reconnectPeriod: 0,
  })

  const publish = (topic: string, body: unknown) =>
    new Promise<void>((resolve, reject) => {
      const finish = (error: Error | undefined) => {
        clearTimeout(timer)
        inFlight.delete(finish)
        if (error) reject(error)
        else resolve()
      }
      const timer = setTimeout(() => {
        finish(new ConnectionError(`no PUBACK for ${topic}`))
        client.end(true)
      }, timeoutMs)
      inFlight.add(finish)
      client.publish(topic, JSON.stringify(body), { qos: 1 }, (error) =>
        finish(error ? asConnectionError(error) : undefined),
      )
    })

  client.on('message', (topic, payload) => handleMessage(id, { topic, payload }, handlers))
  client.on('error', (error) => {
    fault = error
  })
  client.once('connect', () => {
    client.subscribe(subscriptions(id), { qos: 1 }, (error) => {
      // A platform of before knows no such topic and refuses it, which is no reason to hang up.
      if (!error && handlers.onCall) client.subscribe(topics.xray(id), { qos: 1 }, () => {})
      if (!error) return opened.resolve({ publish, closed: closed.promise, close: () => client.end(inFlight.size > 0) })
      fault = error
      client.end(true)
    })
  })
  client.once('close', () => {
    const reason = asConnectionError(fault ?? new Error('connection closed'))
    client.end(true)
    for (const finish of inFlight) finish(reason)
    opened.reject(fault && 'code' in fault && isRefusal(fault.code) ? new LoginRefused() : reason)
    closed.resolve(reason)
  })
  return opened.promise
}

const asConnectionError = (cause: Error) =>
  new ConnectionError(`MQTT: ${cause.message || ('code' in cause ? String(cause.code) : cause.name)}`, { cause })
