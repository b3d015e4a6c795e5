import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { ingestUsage } from '@mason/contract/usage'
import { expect, test } from 'vitest'
import { startPlatform } from '../../../../test/harness.ts'

// However an upload ends, its handler does, and nothing of it keeps the server from stopping.

const line = '{"id":"a","iccid":"8988303000000000011","start":"2026-11-01T00:00:00Z","upload":1,"download":1}\n'

interface Upload {
  socket: Socket
  part: string
}

const ends: [string, string, (upload: Upload) => unknown][] = [
  ['a reset', 'application/x-ndjson', ({ socket }) => socket.resetAndDestroy()],
  ['a half-close', 'application/x-ndjson', ({ socket }) => socket.end()],
  ['a reset amid much that was not read', 'text/csv', ({ socket }) => socket.resetAndDestroy()],
  ['an answer before the body has ended, and silence', 'text/csv', ({ socket }) => once(socket, 'data')],
]

test.each(ends)(
  'the server stops after %s',
  async (_name, type, end) => {
    const platform = await startPlatform()
    const { key } = await platform.newAccount()
    const { hostname, port } = new URL(platform.url)
    const socket = connect(Number(port), hostname).on('error', () => {})
    // The wrong header of a CSV ends its reading at once.
    const part = line.repeat(2_000)
    socket.write(
      `POST ${ingestUsage.url.replace(':fleet', 'default')} HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${key}\r\nContent-Type: ${type}\r\nContent-Length: ${10 * part.length}\r\n\r\n`,
    )
    await new Promise((resolve) => socket.write(part, resolve))
    await end({ socket, part })
    await platform.stop()
    socket.destroy()
    expect(platform.http.server.listening).toBe(false)
  },
  20_000,
)

test('the server stops after a fetch whose body breaks', async () => {
  const platform = await startPlatform()
  const { key } = await platform.newAccount()
  let pieces = 0
  const body = new ReadableStream({
    pull: (controller) =>
      pieces++ < 3
        ? controller.enqueue(new TextEncoder().encode(line.repeat(1_000)))
        : controller.error(new Error('cut')),
  })
  const cut = platform.fetch('/v1/default/usage', {
    method: 'POST',
    key,
    body,
    headers: { 'content-type': 'application/x-ndjson' },
    duplex: 'half',
  } as RequestInit)
  await expect(cut).rejects.toThrow()
  await platform.stop()
  expect(platform.http.server.listening).toBe(false)
}, 20_000)
