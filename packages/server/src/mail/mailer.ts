import { createTransport } from 'nodemailer'
import type { Database, Db } from '../db/database.ts'
import { enqueue, type Task } from '../jobs/queue.ts'
import type { Sealer } from '../sealer.ts'

export interface Mail {
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

/** Mail by SMTP. It waits sealed: it may hold links that let somebody in. */
export function smtpMailer(url: string, from: string, sealer: Sealer): Mailer {
  const transport = createTransport(url)
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
