import { Counter } from '@prometheus-io/client'
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport'
import type { Config } from '../../config.ts'
import type { Database, Db } from '../db/database.ts'
import type { Metrics } from '../http/metrics.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import type { Sealer } from '../sealer.ts'

interface Mail {
  to: string
  subject: string
  text: string
  /** The same as a page, for readers that show one. */
  html?: string
  headers?: Record<string, string>
}

interface Log {
  warn(message: string): void
}

interface Sealed {
  mail: string
}

/** Sends mail once the change that asks for it is committed; tried again while the mail server is away. */
export interface Mailer {
  task: Task<Sealed>
  send(tx: Db, mail: Mail): Promise<void>
}

/** Mail by the configured server, if there is one. It waits sealed: it may hold links that let somebody in. */
export function openMailer(
  config: Config,
  sealer: Sealer,
  log: Log,
  metrics?: Pick<Metrics, 'registry'>,
): Mailer | undefined {
  const { SMTP_URL, SMTP_FROM: from } = config
  if (SMTP_URL === undefined) return undefined
  const transport = createTransport(transportOptions(config))
  const sent = metrics && countMails(metrics)
  const task: Task<Sealed> = {
    name: 'send-mail',
    run: async (_db: Database, { mail: sealed }) => {
      const mail = JSON.parse(sealer.open(Buffer.from(sealed, 'base64'))) as Mail
      await transport.sendMail({ from, ...mail }).catch((error: Error) => {
        sent?.inc({ outcome: 'failed' })
        throw new Error(explain(error), { cause: error })
      })
      sent?.inc({ outcome: 'sent' })
    },
  }
  // Mail waits for a server that is away, and so does nobody's start.
  transport.verify().catch((error: Error) => log.warn(explain(error)))
  return {
    task,
    send: (tx, mail) => enqueue(tx, task, { mail: sealer.seal(JSON.stringify(mail)).toString('base64') }),
  }
}

function countMails({ registry }: Pick<Metrics, 'registry'>): Counter<'outcome'> {
  const sent = new Counter<'outcome'>({
    name: 'mason_mails_total',
    help: 'Mails handed over to the mail server, and attempts that failed, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  })
  for (const outcome of ['sent', 'failed']) sent.inc({ outcome }, 0)
  return sent
}

/** Connects to the mail server and signs in. @throws what is wrong, with the setting at fault. */
export async function verifyMailServer(config: Config): Promise<void> {
  const transport = createTransport(transportOptions(config))
  try {
    await transport.verify()
  } catch (error) {
    throw new Error(explain(error as Error), { cause: error })
  } finally {
    transport.close()
  }
}

const limits = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000, dnsTimeout: 10_000 }

/** A password goes over TLS: at once with smtps, by STARTTLS with smtp, else not at all unless the operator says so. */
function transportOptions({ SMTP_URL = '', SMTP_ALLOW_CLEARTEXT }: Config): SMTPTransport.Options {
  const hasPassword = (URL.parse(SMTP_URL)?.username ?? '') !== ''
  return { ...limits, url: SMTP_URL, requireTLS: hasPassword && !SMTP_ALLOW_CLEARTEXT }
}

const remedies: Readonly<Record<string, string>> = {
  EAUTH: 'the mail server refuses user and password; correct them, with special characters percent-encoded',
  ETLS: 'the mail server offers no TLS that works, so the password was not sent; use smtps://, or set SMTP_ALLOW_CLEARTEXT=true in a network of your own',
  EDNS: 'the host of the mail server is not known; correct its name',
  ECONNECTION: 'the mail server cannot be reached; correct host and port',
  ESOCKET: 'the mail server cannot be reached, or its certificate is not trusted; correct host and port',
  ETIMEDOUT: 'the mail server does not answer; correct host and port, or see to firewalls',
  EENVELOPE: 'the mail server refuses the sender or the recipient; SMTP_FROM sets the sender',
}

/** Why mail could not be sent, with the setting at fault. */
function explain({ code = '', message }: Error & { code?: string }): string {
  const remedy = remedies[code]
  return remedy === undefined ? `SMTP_URL: ${message}` : `SMTP_URL: ${remedy} (${message})`
}
