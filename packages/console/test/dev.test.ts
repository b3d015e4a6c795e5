import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { routes } from '@mason/contract/routes'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { serverPaths } from '../dev/server-paths.ts'

const packages = path.resolve(import.meta.dirname, '../..')

let folder: string
let child: ChildProcess
let output = ''
const signInLine = /Open\s+(\S+)\s+Sign in\s+(\S+), password (\S+)/
const welcome = () => signInLine.exec(output) ?? []

/** Waits until the program has printed something. */
async function printed(text: string | RegExp): Promise<void> {
  while (!new RegExp(text).test(output)) await once(child.stdout ?? child, 'data')
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mason-dev-'))
  child = spawn(process.execPath, [path.join(packages, 'console/dev/main.ts')], {
    env: { PATH: process.env.PATH, PORT: '0', MQTT_PORT: '0', DATA_DIR: path.join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk
    })
  await printed(signInLine)
}, 180_000)

afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })
})

/** Changes a file's time and nothing else; back in time, so that no build becomes stale. */
async function touch(file: string): Promise<() => Promise<void>> {
  const { atime, mtime } = await stat(file)
  await utimes(file, atime, new Date(mtime.getTime() - 1000))
  return () => utimes(file, atime, mtime)
}

test('every route of the contract goes to the server, every page to Vite', () => {
  expect(routes.filter(({ url }) => !serverPaths.test(url))).toEqual([])
  for (const page of ['/', '/devices', '/artifacts/apk/com.example', '/src/api/client.ts', '/@vite/client'])
    expect(page).not.toMatch(serverPaths)
})

test('the page comes from Vite; cookies, event streams and WebSockets reach the server', async () => {
  const [, url = '', email, password] = welcome()
  const page = await fetch(`${url}/devices`, { headers: { accept: 'text/html' } })
  expect(await page.text()).toContain('/@vite/client')

  const signedIn = await fetch(`${url}/auth/sign-in`, { method: 'POST', body: JSON.stringify({ email, password }) })
  expect(signedIn.status).toBe(200)
  const [cookie = ''] = signedIn.headers.getSetCookie()[0]?.split(';') ?? []
  const stream = await fetch(`${url}/v1/default/event/stream`, { headers: { cookie } })
  expect(stream.headers.get('content-type')).toContain('text/event-stream')

  const socket = new WebSocket(url.replace('http', 'ws').concat('/mqtt'), ['mqtt'])
  await once(socket, 'open')
  socket.close()
})

test('a change in the server restarts it, and requests wait for it', async () => {
  const [, url = ''] = welcome()
  const restore = await touch(path.join(packages, 'server/src/core/version.ts'))
  await printed('Server restarted')
  // One more restart, which this request meets.
  await restore()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
})

test('a change in the Controller reaches the browser', async () => {
  const [, url = ''] = welcome()
  const client = await (await fetch(`${url}/@vite/client`)).text()
  const [, token = ''] = /wsToken = "([^"]+)"/.exec(client) ?? []
  const socket = new WebSocket(`${url.replace('http', 'ws')}/?token=${token}`, ['vite-hmr'])
  const messages: string[] = []
  socket.addEventListener('message', ({ data }) => messages.push(String(data)))
  await once(socket, 'open')
  await fetch(`${url}/src/main.tsx`)
  const restore = await touch(path.join(packages, 'console/src/main.tsx'))
  await eventually(() => expect(messages.join()).toMatch(/"type":"(update|full-reload)"/))
  await restore()
})

test('Ctrl-C stops everything in order, with browsers still connected', async () => {
  const exited = once(child, 'exit')
  child.kill('SIGINT')
  child.kill('SIGINT')
  expect(await exited).toEqual([0, null])
  await expect(access(path.join(folder, 'data/postgres/postmaster.pid'))).rejects.toThrow('ENOENT')
})
