import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, afterEach } from 'vitest'
import { eventually } from './eventually.ts'

/** A mail as it came. */
export interface Letter {
  to: string
  subject: string
  headers: string
  text: string
  html: string
}

/** Somebody's mail server. */
interface MailServer {
  url: string
  letters: Letter[]
  /** Whether it takes no mail for now. */
  isAway: boolean
  /** The text of the first mail to an address, once it is there. */
  textTo(address: string): Promise<string>
}

/** A mail server for the tests of a file, and what has come to it since a test began. */
export async function useMailServer(): Promise<MailServer> {
  const letters: Letter[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (mails.isAway) return done(new Error('come back later'))
        for (const { address: to } of session.envelope.rcptTo)
          letters.push({ to, ...read(Buffer.concat(chunks).toString('latin1')) })
        done(null)
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  afterEach(() => letters.splice(0))
  afterAll(() => new Promise<void>((resolve) => server.close(resolve)))
  const mails = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    letters,
    isAway: false,
    textTo: (address: string) =>
      eventually(() => {
        const letter = letters.find(({ to }) => to === address)
        if (!letter) throw new Error(`No mail has come to ${address}`)
        return letter.text
      }),
  }
  return mails
}

/** Reads a mail of at most two parts, in quoted-printable, base64 or plain. */
function read(raw: string): Omit<Letter, 'to'> {
  const [headers, body] = apart(raw.replaceAll('\r\n', '\n'))
  const boundary = /boundary="([^"]+)"/.exec(headers)?.[1]
  const parts = boundary === undefined ? [`${headers}\n\n${body}`] : body.split(`--${boundary}`).slice(1, -1)
  const ofType = (type: string) => {
    const part = parts.find((one) => one.includes(`Content-Type: ${type}`)) ?? ''
    const [head, content] = apart(part.trimStart())
    return decoded(head, content)
  }
  const subject = (/^Subject: (.*(?:\n .*)*)/m.exec(headers)?.[1] ?? '').replaceAll('\n ', ' ')
  return {
    headers: headers.replaceAll(/\n\s+/g, ' '),
    subject: words(subject),
    text: ofType('text/plain'),
    html: ofType('text/html'),
  }
}

function apart(text: string): [head: string, body: string] {
  const [head = '', ...rest] = text.split('\n\n')
  return [head, rest.join('\n\n')]
}

function decoded(head: string, content: string): string {
  if (/base64/i.test(head)) return Buffer.from(content, 'base64').toString()
  if (!/quoted-printable/i.test(head)) return Buffer.from(content, 'latin1').toString()
  return quotedPrintable(content.replaceAll('=\n', ''))
}

const quotedPrintable = (text: string) =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    'latin1',
  ).toString()

/** Encoded words of a header. */
const words = (text: string) =>
  text
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toUpperCase() === 'B' ? Buffer.from(word, 'base64').toString() : quotedPrintable(word.replaceAll('_', ' ')),
    )
