import compress from '@fastify/compress'
import type { Route } from '@mason/contract/route'
import type { FastifyInstance } from 'fastify'

/** What shrinks; streams of events must leave at once, and files are served in parts of what they are. */
const compressible = /^(application\/([\w.+-]+\+)?json|text\/(?!event-stream))/i

/** Compresses answers over 1 KiB for clients that ask for it; the bodies of requests are read as they come. */
export async function compressAnswers(http: FastifyInstance): Promise<void> {
  await http.register(compress, {
    threshold: 1024,
    encodings: ['zstd', 'br', 'gzip'],
    customTypes: compressible,
    globalDecompression: false,
  })
}

/**
 * Whether a route's answers may be compressed. Those of signing in and of tokens hold secrets that live on, beside what the
 * client has sent: their length must not tell how much the two have in common (BREACH).
 */
export const isCompressible = ({ url }: Pick<Route, 'url'>): boolean =>
  !url.endsWith('/content') && !/^\/(auth|oauth)\//.test(url)
