import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { deleteDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { notifyDevice } from '@mason/contract/notification'
import { deleteUser, inviteUser, updateUser } from '@mason/contract/user'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type Platform, type TestAccount, usePlatform } from '../../../test/harness.ts'
import { connectDevice } from '../../../test/mqtt-device.ts'
import { Browser, newUser, password, tokenIn } from '../../../test/users.ts'

const platform = usePlatform()
type Node = Pick<Platform, 'url'>
let other: Awaited<ReturnType<Platform['addNode']>>
beforeAll(async () => {
  other = await platform.addNode()
})
afterAll(() => other.stop())

/** A credential in use: whether a node takes it, and what ends it on the platform's first node. */
interface Credential {
  isTaken(node: Node): Promise<boolean>
  end(): Promise<unknown>
}

const ask = async ({ url }: Node, path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${url}${path}`, init)
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
}
/** Taken or not: anything but 200 and a refusal of the credential is a fault. */
const isOk = ({ status, body }: { status: number; body?: unknown }) => {
  expect([200, 401, 404], JSON.stringify(body)).toContain(status)
  return status === 200
}
const get = async (node: Node, path: string, headers: Record<string, string>) =>
  isOk(await ask(node, path, { headers }))
const post = (node: Node, path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(node, path, { method: 'POST', body: JSON.stringify(body), headers })

async function newKey(account: TestAccount) {
  const { data } = await account.call(createApiKey, { name: 'k', scopes: ['fleet:read'] })
  const { id = '', key = '' } = data[0] ?? {}
  return { id, key, end: () => account.call(deleteApiKey, { id }) }
}
const tokenOf = async ({ id, key }: { id: string; key: string }) =>
  post(platform, '/oauth/token', { grant_type: 'client_credentials', client_id: id, client_secret: key })

async function tokensOf(account: TestAccount) {
  const person = await newUser(platform, account)
  const { body } = await post(platform, '/oauth/ro', { username: person.email, password, client_id: 'c' })
  return { person, tokens: body as { id_token: string; access_token: string } }
}

const mqttOf = ({ url }: Node) => `${url.replace('http', 'ws')}/mqtt`
async function connects(node: Node, { id, secret }: { id: string; secret: string }): Promise<boolean> {
  const options = { clientId: id, username: id, password: secret, protocolVersion: 4, reconnectPeriod: 0 } as const
  try {
    await (await connectAsync(mqttOf(node), options, false)).endAsync(true)
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 4 })
    return false
  }
}

const groups = '/v1/default/group'
const byKey = (key: string) => ({ authorization: `basic ${key}` })
const byToken = (token: string) => ({ authorization: `Bearer ${token}` })

/** What ends the sessions and tokens of a user who is … */
const personEnds: Record<string, (account: TestAccount, id: string) => Promise<unknown>> = {
  disabled: (account, id) => account.call(updateUser, { id, disabled: true }),
  removed: (account, id) => account.call(deleteUser, { id }),
  'to set a new password': (account, id) => account.call(updateUser, { id, reset: ['password'] }),
}
const deviceEnds: Record<
  string,
  (account: TestAccount, device: { id: string; serialnumber: string }) => Promise<unknown>
> = {
  'de-provisioned': (account, { id }) => account.call(deleteDevice, { id }),
  'enrolled again': (account, { serialnumber }) => newDevice(platform, account, { serialnumber }),
}

const credentials: Record<string, (account: TestAccount) => Promise<Credential>> = {
  'an API key': async (account) => {
    const { key, end } = await newKey(account)
    return { isTaken: (node) => get(node, groups, byKey(key)), end }
  },
  'an API key that asks for a token': async (account) => {
    const { id, key, end } = await newKey(account)
    const body = { grant_type: 'client_credentials', client_id: id, client_secret: key }
    return { isTaken: async (node) => isOk(await post(node, '/oauth/token', body)), end }
  },
  'the token of an API key': async (account) => {
    const key = await newKey(account)
    const { access_token: token } = (await tokenOf(key)).body
    return { isTaken: (node) => get(node, groups, byToken(token)), end: key.end }
  },
  'a session that is signed out': async (account) => {
    const { browser } = await newUser(platform, account)
    const { cookie } = browser
    return { isTaken: (node) => get(node, groups, { cookie }), end: () => browser.post('/auth/sign-out') }
  },
  'a session after a change of the password': async (account) => {
    const person = await newUser(platform, account)
    const browser = new Browser(platform.url)
    await browser.signIn(person.email, password)
    const { cookie } = browser
    const change = { currentPassword: password, newPassword: 'another otter in the rain' }
    return {
      isTaken: (node) => get(node, groups, { cookie }),
      end: async () => expect((await person.browser.post('/auth/password', change)).status).toBe(200),
    }
  },
  'an enrollment token': async (account) => {
    const { data } = await account.call(createEnrollment, {})
    const { id = '', token = '' } = data[0] ?? {}
    const body = { token, serialnumber: crypto.randomUUID(), family: 'D450', bootId: 'b' }
    return {
      isTaken: async (node) => isOk(await post(node, '/agent/v1/enroll', body)),
      end: () => account.call(deleteEnrollment, { id }),
    }
  },
  'the link of an invitation': async (account) => {
    const { data } = await account.call(inviteUser, {
      email: `${crypto.randomUUID()}@example.com`,
      scopes: ['fleet:read'],
    })
    const { id = '', link } = data[0] ?? {}
    return {
      isTaken: async (node) => isOk(await post(node, '/auth/link', { token: tokenIn(link) })),
      end: () => account.call(deleteUser, { id }),
    }
  },
}
for (const [how, endPerson] of Object.entries(personEnds)) {
  credentials[`a session of a user who is ${how}`] = async (account) => {
    const { browser, id } = await newUser(platform, account)
    const { cookie } = browser
    return { isTaken: (node) => get(node, groups, { cookie }), end: () => endPerson(account, id) }
  }
  for (const kind of ['id_token', 'access_token'] as const)
    credentials[`the ${kind} of a user who is ${how}`] = async (account) => {
      const { person, tokens } = await tokensOf(account)
      return { isTaken: (node) => get(node, groups, byToken(tokens[kind])), end: () => endPerson(account, person.id) }
    }
}
for (const [how, endDevice] of Object.entries(deviceEnds)) {
  credentials[`the secret of a device that is ${how}, over HTTP`] = async (account) => {
    const device = await newDevice(platform, account)
    const authorization = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`
    const checkIn = (node: Node) => post(node, '/agent/v1/checkin', { partial: true }, { authorization })
    return { isTaken: async (node) => isOk(await checkIn(node)), end: () => endDevice(account, device) }
  }
  credentials[`the secret of a device that is ${how}, over MQTT`] = async (account) => {
    const device = await newDevice(platform, account)
    return { isTaken: (node) => connects(node, device), end: () => endDevice(account, device) }
  }
}

describe('a credential that has ended', () => {
  test.each(Object.entries(credentials))('is refused: %s', async (_name, make) => {
    const { isTaken, end } = await make(await platform.newAccount())
    // Both nodes have it in memory.
    for (const node of [platform, other, platform, other]) expect(await isTaken(node)).toBe(true)
    await end()
    expect(await isTaken(platform), 'at once where it was ended').toBe(false)
    await eventually(async () => expect(await isTaken(other), 'soon elsewhere').toBe(false))
    expect(await isTaken(platform)).toBe(false)
  })

  test('is refused at once when many use it while it ends', async () => {
    const account = await platform.newAccount()
    for (let round = 0; round < 10; round++) {
      const { key, end } = await newKey(account)
      const using = Array.from({ length: 20 }, () => ask(platform, groups, { headers: byKey(key) }))
      await end()
      expect(await get(platform, groups, byKey(key))).toBe(false)
      await Promise.all(using)
      expect(await get(platform, groups, byKey(key))).toBe(false)
    }
  })

  test.each(Object.entries(deviceEnds))(
    'ends the connections that were made with it, on every node: %s',
    async (_how, end) => {
      const account = await platform.newAccount()
      for (const node of [platform, other]) {
        const device = await newDevice(platform, account)
        const { client, closed } = await connectDevice(mqttOf(node), device)
        await end(account, device)
        await closed
        await client.endAsync(true)
      }
    },
  )

  test('leaves the connection alone that was made with the new secret', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const again = await newDevice(platform, account, { serialnumber: device.serialnumber })
    const { client, checkIn, next, answer } = await connectDevice(mqttOf(other), again)
    const onClose = vi.fn()
    client.on('close', onClose)
    // Long enough for the other node to hear of the old secret's end several times.
    await eventually(async () => expect(await connects(other, device)).toBe(false))
    await checkIn({ partial: true })
    await account.call(notifyDevice, { id: device.id, type: 'application' })
    await answer(await next(), { state: 'acknowledged' })
    expect(onClose).not.toHaveBeenCalled()
    await client.endAsync(true)
  })

  test('is refused at once when the device itself asked for its end', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    expect(await connects(platform, device)).toBe(true)
    await account.call(notifyDevice, { id: device.id, type: 'refurbish' })
    const { client, next, answer, closed } = await connectDevice(mqttOf(platform), device)
    await answer(await next(), { state: 'acknowledged' })
    expect(await connects(platform, device)).toBe(false)
    await closed
    await client.endAsync(true)
  })
})
