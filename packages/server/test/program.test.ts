import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createApiKey } from '@mason/contract/apikey'
import { createGroup, listGroups } from '@mason/contract/group'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { isWellFormedKey } from '../src/core/key.ts'
import { eventually } from './eventually.ts'
import { emptyDataDir, isAlive, newDataDir, postmasterPid, runCommand } from './program.ts'
import { usePrograms } from './programs.ts'
import { Browser } from './users.ts'

const start = usePrograms()

describe('the program', () => {
  test('prints an owner key on its first start only, and keeps it to itself', async () => {
    const DATA_DIR = await emptyDataDir()
    const first = await start({ DATA_DIR, LOG_LEVEL: 'debug' })
    const key = first.ownerKey ?? ''
    expect(isWellFormedKey(key)).toBe(true)
    const file = path.join(DATA_DIR, 'owner-key')
    expect((await readFile(file, 'utf8')).trim()).toBe(key)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await createClient({ baseUrl: first.url, key }).call(createGroup, { name: 'kept' })
    expect(first.output().split(key)).toHaveLength(2)

    const postgres = await postmasterPid(DATA_DIR)
    expect(await first.end('SIGTERM')).toBe(0)
    expect(isAlive(postgres)).toBe(false)

    const second = await start({ DATA_DIR })
    expect(second.ownerKey).toBeUndefined()
    const { data } = await createClient({ baseUrl: second.url, key }).call(listGroups)
    expect(data.map(({ name }) => name)).toEqual(['kept', 'unassigned'])
    expect(await second.end('SIGINT')).toBe(0)
  })

  test('takes a configured owner key, and refuses a second start on its directory', async () => {
    const DATA_DIR = await newDataDir()
    const { output } = await runCommand(['key', 'new'])
    const MASON_OWNER_KEY = output.trim()
    const { url } = await start({ DATA_DIR, MASON_OWNER_KEY })
    await createClient({ baseUrl: url, key: MASON_OWNER_KEY }).call(listGroups)
    const second = await runCommand(['serve'], { DATA_DIR })
    expect(second).toMatchObject({ code: 1, output: expect.stringContaining(DATA_DIR) })
    await createClient({ baseUrl: url, key: MASON_OWNER_KEY }).call(listGroups)
  })

  test('makes the first user, prints the password once, and gives a new one from outside', async () => {
    const DATA_DIR = await newDataDir()
    const first = await start({ DATA_DIR, LOG_LEVEL: 'debug', MASON_OWNER_EMAIL: 'Ada@example.com' })
    const secret = /Owner password: (\S+)/.exec(first.output())?.[1] ?? ''
    expect(first.output().split(secret)).toHaveLength(2)
    const browser = new Browser(first.url)
    const signedIn = await browser.signIn('ada@example.com', secret)
    expect(signedIn.body.data[0].user).toMatchObject({ state: 'active', scopes: ['account:owner'] })
    const { code, output } = await runCommand(['user', 'password', 'ADA@example.com'], { DATA_DIR })
    expect(code, output).toBe(0)
    await expect.poll(async () => (await browser.get('/auth/session')).status).toBe(401)
    expect((await browser.signIn('ada@example.com', secret)).status).toBe(401)
    expect((await browser.signIn('ada@example.com', output.trim())).status).toBe(200)
    expect((await runCommand(['user', 'password', 'nobody@example.com'], { DATA_DIR })).code).toBe(1)
    await first.end('SIGTERM')
    const second = await start({ DATA_DIR })
    expect(second.output()).not.toContain('Owner password')
    expect((await browser.at(second.url).get('/auth/session')).status, 'sessions survive a restart').toBe(200)
  })

  test('lists every fault of its configuration and ends with 1', async () => {
    const { code, output } = await runCommand(['serve'], {
      PORT: '70000',
      CHECKIN_SECONDS: 'often',
      DATABASE_URL: 'mysql://x',
      TLS_CERT: '/does/not/exist',
      MASON_OWNER_KEY: 'mason_secret',
      TRUST_PROXY: 'maybe',
    })
    expect(code).toBe(1)
    for (const name of [
      'PORT',
      'CHECKIN_SECONDS',
      'DATABASE_URL',
      'TLS_CERT',
      'TLS_KEY',
      'MASON_OWNER_KEY',
      'TRUST_PROXY',
    ])
      expect(output).toContain(name)
    expect(output).not.toContain('mason_secret')
  })

  test('runs its other commands beside the server, with accounts wholly apart', async () => {
    const DATA_DIR = await newDataDir()
    const { url, ownerKey = '' } = await start({ DATA_DIR })
    const made = await runCommand(['account', 'create', 'second'], { DATA_DIR })
    const key = made.output.trim()
    expect(isWellFormedKey(key)).toBe(true)
    const second = createClient({ baseUrl: url, key })
    await second.call(createGroup, { name: 'theirs' })
    const owner = createClient({ baseUrl: url, key: ownerKey })
    expect((await owner.call(listGroups)).data.map(({ name }) => name)).toEqual(['unassigned'])
    const names = (await runCommand(['account', 'list'], { DATA_DIR })).output
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0])
    expect(names).toEqual(['default', 'second'])
    expect(await runCommand(['account', 'create', 'second'], { DATA_DIR })).toMatchObject({
      code: 1,
      output: expect.stringContaining('exists'),
    })
    const glass = await runCommand(['key', 'create', '--account', 'second', '--scope', 'fleet:read'], { DATA_DIR })
    const reader = createClient({ baseUrl: url, key: glass.output.trim() })
    expect((await reader.call(listGroups)).data).toHaveLength(2)
    await expect(reader.call(createApiKey, { name: 'x', scopes: ['fleet:read'] })).rejects.toMatchObject({
      status: 403,
    })
    expect((await runCommand(['migrate'], { DATA_DIR })).code).toBe(0)
  })

  test('runs where its user cannot enter the folders above the data, and far down', async () => {
    const closed = await emptyDataDir()
    await chmod(closed, 0o700)
    const DATA_DIR = path.join(closed, 'a-long-name-'.repeat(10), 'data')
    await mkdir(DATA_DIR, { recursive: true })
    const { url, ownerKey = '' } = await start({ DATA_DIR })
    expect((await createClient({ baseUrl: url, key: ownerKey }).call(listGroups)).data).toHaveLength(1)
    expect((await runCommand(['account', 'list'], { DATA_DIR })).output).toContain('default')
  })

  test('starts over a stale pid file', async () => {
    const DATA_DIR = await newDataDir()
    const first = await start({ DATA_DIR })
    await first.end()
    await writeFile(path.join(DATA_DIR, 'postgres/postmaster.pid'), `${2 ** 22 - 1}\n/nowhere\n`)
    await start({ DATA_DIR })
  })

  test('finishes what is in flight when told to stop, and says that it is not ready', async () => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR, DRAIN_SECONDS: '1' })
    const { ownerKey: key = '', url } = program
    const { call } = createClient({ baseUrl: url, key, maxRetries: 0 })
    program.child.kill('SIGTERM')
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), { interval: 5 })
    const late = await Promise.all(Array.from({ length: 20 }, (_, index) => call(createGroup, { name: `g${index}` })))
    expect(late).toHaveLength(20)
    expect(await program.ended).toBe(0)
  })
})
