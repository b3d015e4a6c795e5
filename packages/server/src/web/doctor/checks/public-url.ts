import type { Check } from '../check.ts'
import { askPublic, notSet } from '../outside.ts'

/** Whether the platform is at PUBLIC_URL, as others see it. */
export const publicAddress: Check = {
  name: 'public URL',
  look: async ({ config }) => {
    const { PUBLIC_URL: url } = config
    if (url === undefined) return notSet
    const answer = await askPublic(url, '/healthz')
    if (answer.status >= 300 && answer.status < 400)
      return {
        faults: [
          `PUBLIC_URL=${url} redirects to ${answer.headers.get('location')}; set PUBLIC_URL to the URL at its end, for devices follow no redirect`,
        ],
      }
    const body = await answer.text()
    if (answer.status === 200 && /^\{"status":"ok"\}$/.test(body)) return { seen: `${url} answers` }
    return {
      faults: [
        `PUBLIC_URL=${url} answers /healthz with ${answer.status} and not as this platform does; let the proxy hand every path on, and correct the name`,
      ],
    }
  },
}
