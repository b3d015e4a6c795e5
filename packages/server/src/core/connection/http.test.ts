import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { newRawClient } from '../../../test/raw-client.ts'
import { Connections } from './connections.ts'
import { httpServers } from './http.ts'

const limits = { all: 10, unauthenticated: 10, perAddress: 10 }

/** What features do with an answer whose client has gone or that has ended; each would end a process that did not listen. */
const lateWrites: [string, (response: ServerResponse) => void][] = [
  ['its end', (response) => response.end('done')],
  ['its destruction', (response) => response.destroy()],
  ['the reset of its connection', (response) => response.req.socket.resetAndDestroy()],
]

test.each(lateWrites)('an answer that is written to after %s ends nothing', async (_name, finish) => {
  const connections = new Connections({ limits, log: { warn: () => {} } })
  const late = Promise.withResolvers<void>()
  const server: Server = httpServers({ connections, certificate: undefined, isUpgradeWanted: () => false })(
    (_request, response) => {
      response.write('begun')
      finish(response)
      // Fastify's own listener is gone after the first.
      for (const wait of [0, 1, 2])
        setTimeout(() => response.write('late', () => (wait === 2 ? late.resolve() : undefined)), wait)
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { raw, write } = await newRawClient((server.address() as AddressInfo).port)
  write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await late.promise
  raw.destroy()
  await connections.close(0)
  server.close()
  expect(connections.size).toBe(0)
})
