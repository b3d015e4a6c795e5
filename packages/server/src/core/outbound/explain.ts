import { Refused } from './guard.ts'

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name servers do not answer',
  ETIMEOUT: 'the name servers do not answer',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too long',
}

/** What kept a request from an answer, as a sentence. */
export function explain(error: NodeJS.ErrnoException): string {
  if (error instanceof Refused) return error.message
  const { code = '', message } = error
  return sentences[code] ?? (message === '' ? code : message)
}
