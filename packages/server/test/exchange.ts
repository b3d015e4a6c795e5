import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

export interface RawRequest {
  method?: string
  /** Path and query exactly as they go onto the wire. */
  path: string
  authorization?: string | undefined
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 })

/** One HTTP exchange that nothing tidies up: no default Content-Type, no normalized path, no retries. */
export function exchange(
  baseUrl: string,
  { method = 'GET', path, authorization, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: hostname,
        port,
        method,
        path,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        const finish = () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: decoded(Buffer.concat(chunks), incoming.headers['content-encoding']),
          })
        incoming.on('end', finish)
        // A stream of events does not end: that it began is its answer.
        if (incoming.headers['content-type']?.startsWith('text/event-stream')) {
          finish()
          incoming.destroy()
        }
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What was asked for with Accept-Encoding is read as the client that asked would. */
function decoded(bytes: Buffer, encoding: string | undefined): string {
  const inflated = encoding === undefined || bytes.length === 0 ? bytes : decoders[encoding]?.(bytes)
  return (inflated ?? bytes).toString('utf8')
}

const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}
