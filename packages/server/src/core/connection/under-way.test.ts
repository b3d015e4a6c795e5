import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { listGroups } from '@mason/contract/group'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'
import { UnderWay } from './under-way.ts'

const platform = usePlatform()

test('one connection has at most 100 requests under way: more are refused, and no other connection is', async () => {
  const account = await platform.newAccount()
  const client = await platform.database.pool.connect()
  await client.query('BEGIN; LOCK TABLE device_group IN ACCESS EXCLUSIVE MODE')
  const socket = connect(Number(new URL(platform.url).port), '127.0.0.1')
  await once(socket, 'connect')
  let heard = ''
  socket.setEncoding('latin1').on('data', (piece) => {
    heard += piece
  })
  const request = `GET /v1/default/group HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${account.key}\r\n\r\n`
  socket.write(request.repeat(150))
  expect((await platform.fetch('/readyz')).status).toBe(200)
  await client.query('ROLLBACK')
  client.release()
  const statuses = () => [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  await eventually(() => expect(statuses()).toHaveLength(150))
  expect(statuses().slice(0, 100)).toEqual(Array(100).fill('200'))
  expect(statuses().slice(100)).toEqual(Array(50).fill('503'))
  expect(heard.match(/^retry-after: \d+/gim)).toHaveLength(50)
  socket.destroy()
  expect((await account.call(listGroups)).data).toHaveLength(1)
})

test('a node has room for so many requests, and for more where answers have begun or are over', async () => {
  const underWay = new UnderWay({ all: 3, perConnection: 2 })
  const newResponse = () => {
    const listeners: (() => void)[] = []
    const response = {
      headersSent: false,
      once: (_event: 'close', listener: () => void) => listeners.push(listener),
    }
    return {
      response: response as unknown as ServerResponse,
      begun: () => Object.assign(response, { headersSent: true }),
      close: () => listeners.forEach((listener) => void listener()),
    }
  }
  const [first, second, third, fourth] = [newResponse(), newResponse(), newResponse(), newResponse()]
  const [one, other] = [{}, {}]
  expect(underWay.begin(one, first.response)).toBe(true)
  expect(underWay.begin(one, second.response)).toBe(true)
  expect(underWay.begin(one, third.response)).toBe(false)
  expect(underWay.begin(other, third.response)).toBe(true)
  third.begun()
  expect(underWay.begin(other, fourth.response)).toBe(true)
  first.close()
  expect(underWay.size).toBe(2)
  expect(underWay.begin(one, first.response)).toBe(true)
})
