import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Config } from '../../../config.ts'
import type { Check } from '../check.ts'
import { explainUrl, notSet } from '../outside.ts'

const handshakeTimeout = 10_000

/** Whether devices reach the platform by MQTT over WebSocket: a proxy must hand the upgrade on. */
export const webSocket: Check = {
  name: 'WebSocket',
  look: async ({ config }) => {
    const [setting, url] = addressOf(config)
    if (url === undefined) return notSet
    if (!/^wss?:/.test(url)) return { skipped: `MQTT_PUBLIC_URL=${url} is no WebSocket` }
    const socket = new WebSocket(url, 'mqtt', { handshakeTimeout })
    try {
      await once(socket, 'open')
      return { seen: `${url} upgrades` }
    } catch (error) {
      const [, status] = /response: (\d+)/.exec((error as Error).message) ?? []
      if (status === undefined) throw explainUrl(setting, url, error)
      throw new Error(
        `${setting}: ${url} answers ${status} in place of an upgrade to WebSocket; let the proxy hand Upgrade and Connection on over HTTP/1.1, as docs/proxy does`,
      )
    } finally {
      socket.on('error', () => {})
      socket.terminate()
    }
  },
}

function addressOf(config: Config): [setting: string, url: string | undefined] {
  if (config.MQTT_PUBLIC_URL !== undefined) return ['MQTT_PUBLIC_URL', config.MQTT_PUBLIC_URL]
  return ['PUBLIC_URL', config.PUBLIC_URL && `${config.PUBLIC_URL.replace(/^http/, 'ws')}/mqtt`]
}
