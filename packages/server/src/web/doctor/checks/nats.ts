import { natsServers } from '../../../core/settings/nats-url.ts'
import type { Check } from '../check.ts'

const connectMs = 5_000

/** NATS between the nodes. Nothing is lost without it, so nothing of it is a fault. */
export const nats: Check = {
  name: 'NATS',
  look: async ({ config: { NATS_URL } }) => {
    if (NATS_URL === undefined) return { skipped: 'NATS_URL is not set' }
    const { connect } = await import('@nats-io/transport-node')
    try {
      const connection = await connect({ ...natsServers(NATS_URL), reconnect: false, timeout: connectMs })
      await connection.flush()
      await connection.close()
      return { seen: 'it answers' }
    } catch (error) {
      const reason = (error as Error).message
      return {
        warnings: [
          `NATS_URL: NATS cannot be used (${reason}), so commands reach devices at other nodes by polling alone; start it, or correct host, port, user and password`,
        ],
      }
    }
  },
}
