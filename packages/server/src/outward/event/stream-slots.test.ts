import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'
import { newRawClient, type RawClient } from '../../../test/raw-client.ts'

const platform = usePlatform()
const most = 100

const requestOf = (key: string, method = 'GET') =>
  `${method} /v1/default/event/stream HTTP/1.1\r\nHost: x\r\nAuthorization: basic ${key}\r\n\r\n`

async function openMany(key: string, count: number): Promise<RawClient[]> {
  const port = (platform.http.server.address() as AddressInfo).port
  const clients = await Promise.all(Array.from({ length: count }, () => newRawClient(port)))
  for (const { write } of clients) write(requestOf(key))
  return clients
}

/** The status of each, once all are answered. */
async function statuses(clients: RawClient[]): Promise<number[]> {
  const lines = clients.map(({ raw }) => new Promise<string>((resolve) => raw.once('data', resolve)))
  return (await Promise.all(lines)).map((text) => Number(text.split(' ')[1]))
}

const close = (clients: RawClient[]) => {
  for (const { raw } of clients) raw.resetAndDestroy()
}

test('no more streams are opened than an account may have, though they are asked for at once', async () => {
  const { key } = await platform.newAccount()
  const clients = await openMany(key, most + 20)
  const answers = await statuses(clients)
  expect(answers.filter((status) => status === 200)).toHaveLength(most)
  expect(answers.filter((status) => status === 429)).toHaveLength(20)
  close(clients)
})

test('clients that go before their stream has opened, and those that only ask for its head, hold no place', async () => {
  const { key } = await platform.newAccount()
  for (let round = 0; round < 3; round++) close(await openMany(key, most))
  for (let count = 0; count < most + 1; count++) {
    const { status, headers } = await platform.fetch('/v1/default/event/stream', { key, method: 'HEAD' })
    if (status !== 429) expect(headers.get('content-type')).toContain('text/event-stream')
  }
  // The server hears of resets a moment later.
  await eventually(async () => {
    const clients = await openMany(key, most)
    const answers = await statuses(clients)
    close(clients)
    expect(answers.every((status) => status === 200)).toBe(true)
  })
})
