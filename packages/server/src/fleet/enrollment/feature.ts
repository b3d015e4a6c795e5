import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import type { WakeUps } from '../wake-ups.ts'
import type { QrSettings } from './qr.ts'
import { enrollmentRoutes } from './routes.ts'

interface Needs {
  findApk: QrSettings['findApk']
  config: Config
  wakeUps: WakeUps
  publicUrl: () => string
}

export const enrollments = ({ config, wakeUps, publicUrl, findApk }: Needs): Feature => ({
  routes: (router) =>
    enrollmentRoutes(router, {
      wakeUps,
      checkinSeconds: config.CHECKIN_SECONDS,
      mqttUrl: () => config.MQTT_PUBLIC_URL ?? `${publicUrl().replace(/^http/, 'ws')}/mqtt`,
      qr: () => ({
        serverUrl: publicUrl(),
        findApk,
        component: config.ANDROID_AGENT_COMPONENT,
        downloadUrl: config.ANDROID_AGENT_URL,
        checksum: config.ANDROID_AGENT_CHECKSUM,
      }),
    }),
})
