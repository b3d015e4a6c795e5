import { verifyMailServer } from '../../../core/mail/mailer.ts'
import type { Check } from '../check.ts'

/** The mail server: connects and signs in, and sends nothing. */
export const mail: Check = {
  name: 'mail',
  look: async ({ config }) => {
    if (config.SMTP_URL === undefined) return { skipped: 'SMTP_URL is not set' }
    await verifyMailServer(config)
    return { seen: `${new URL(config.SMTP_URL).hostname} takes mail` }
  },
}
