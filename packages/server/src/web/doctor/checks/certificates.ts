import { certificateFaults } from '../../../core/start/certificate.ts'
import type { Check } from '../check.ts'

/** The files of TLS_CERT and MQTT_TLS_CERT. */
export const certificates: Check = {
  name: 'certificates',
  look: ({ config }) => {
    if (config.TLS_CERT === undefined && config.MQTT_TLS_CERT === undefined)
      return { skipped: 'TLS_CERT and MQTT_TLS_CERT are not set' }
    const found = [...certificateFaults(config)]
    return {
      seen: 'they are valid, and for their hosts',
      faults: found.filter(({ isSoon }) => !isSoon).map(({ text }) => text),
      warnings: found.filter(({ isSoon }) => isSoon).map(({ text }) => text),
    }
  },
}
