// Node 20 or newer: WEBHOOK_SECRET=whsec_… node receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const key = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64')
if (key.length === 0) throw new Error('Set WEBHOOK_SECRET: without it, anybody could sign')
const port = Number(process.env.PORT ?? 3000)

/** Whether the platform has signed this, within the last five minutes. */
function isSigned(headers, body) {
  const [id, timestamp, signatures = ''] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`])
  const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300
  const wanted = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  const isWanted = (signature) => signature.length === wanted.length && timingSafeEqual(signature, wanted)
  return isRecent && signatures.split(' ').some((signature) => isWanted(Buffer.from(signature)))
}

async function receive(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  if (!isSigned(request.headers, body)) return response.writeHead(401).end()
  response.end()
  const event = JSON.parse(body)
  console.log(event.type, event.subject.id)
}

// A request that is cut off comes again.
createServer((request, response) => receive(request, response).catch(() => response.destroy())).listen(
  port,
  '127.0.0.1',
  () => console.log(`listening at http://127.0.0.1:${port}`),
)
