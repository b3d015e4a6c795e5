import { createTransport } from 'nodemailer'
import type { Config } from '../config.ts'
import type { Database, Db } from '../db/database.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import type { Sealer } from '../sealer.ts'

interface Mail {
  to: string
  subject: string
  text: string
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
export function openMailer({ SMTP_URL, SMTP_FROM: from }: Config, sealer: Sealer): Mailer | undefined {
  if (SMTP_URL === undefined) return undefined
  const transport = createTransport(SMTP_URL)
  const task: Task<Sealed> = {
    name: 'send-mail',
    run: async (_db: Database, { mail }) => {
      const { to, subject, text } = JSON.parse(sealer.open(Buffer.from(mail, 'base64'))) as Mail
      await transport.sendMail({ from, to, subject, text })
    },
  }
  return {
    task,
    send: (tx, mail) => enqueue(tx, task, { mail: sealer.seal(JSON.stringify(mail)).toString('base64') }),
  }
}
