import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { createApiKey } from '@mason/contract/apikey'
import { createUpload } from '@mason/contract/artifact'
import { createGroup } from '@mason/contract/group'
import { notifyDevice } from '@mason/contract/notification'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from './apk/der.ts'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import { type TestAccount, usePlatform } from './harness.ts'

// The examples of docs/proxy, word for word but for what belongs to the machine: ports, and where the certificate is.
const platform = usePlatform({ TRUST_PROXY: '127.0.0.1', PUBLIC_URL: 'https://mason.example' })
const examples = path.resolve(import.meta.dirname, '../../../docs/proxy')

interface Proxy {
  example: string
  start(folder: string, example: string): ChildProcess
}

const proxies: Record<string, Proxy> = {
  nginx: {
    example: 'nginx.conf',
    start: (folder, example) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
        .join(' ')
      const main = path.join(folder, 'main.conf')
      writeFileSync(
        main,
        `daemon off; pid ${folder}/pid; error_log stderr; events { worker_connections 64; }
        http { access_log off; ${temporary} include ${example}; }`,
      )
      return spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', main])
    },
  },
  haproxy: { example: 'haproxy.cfg', start: (_folder, example) => spawn('haproxy', ['-db', '-f', example]) },
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const answersAt = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })

for (const [name, { example, start }] of Object.entries(proxies)) {
  const isThere = isInstalled(name)
  if (!isThere) console.warn(`SKIPPED: ${name} is not installed, so docs/proxy/${example} was not tried`)

  describe.skipIf(!isThere)(`behind ${name}, as docs/proxy/${example} sets it up`, () => {
    let folder = ''
    let port = 0
    let proxy: ChildProcess
    let account: TestAccount
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'mason-proxy-'))
      port = await freePort()
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const der = certificate('CN=mason.example', publicKey, privateKey).toString('base64')
      const chain = `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
      const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      await writeFile(path.join(folder, 'fullchain.pem'), chain)
      await writeFile(path.join(folder, 'privkey.pem'), key)
      await writeFile(path.join(folder, 'mason.pem'), chain + key)
      const written = (await readFile(path.join(examples, example), 'utf8'))
        .replace('127.0.0.1:8080', new URL(platform.url).host)
        .replace(/(listen |bind :)443/, `$1${port}`)
        .replaceAll('/etc/ssl/mason', folder)
      await writeFile(path.join(folder, example), written)
      proxy = start(folder, path.join(folder, example))
      let output = ''
      proxy.stderr?.on('data', (chunk) => (output += chunk))
      const ended = once(proxy, 'exit').then(() => {
        throw new Error(`${name} has ended: ${output}`)
      })
      const ready = eventually(async () => expect(await answersAt(port)).toBe(true))
      await Promise.race([ready, ended])
      ended.catch(() => {})
      account = await platform.newAccount()
    })
    afterAll(async () => {
      if (proxy.exitCode === null && proxy.kill('SIGTERM')) await once(proxy, 'exit')
      await rm(folder, { recursive: true })
    })

    const open = (target: string, options: RequestOptions = {}) =>
      request(`https://127.0.0.1:${port}${target}`, {
        rejectUnauthorized: false,
        ...options,
        headers: { authorization: `Bearer ${account.key}`, ...(options.headers as object) },
      })
    const get = async (target: string, options: RequestOptions = {}, body?: Buffer) => {
      const [response] = (await once(open(target, options).end(body), 'response')) as [IncomingMessage]
      return { status: response.statusCode, body: await text(response) }
    }

    test('a client cannot choose its address', async () => {
      const keyFor = async (address: string) =>
        (await account.call(createApiKey, { name: 'bound', scopes: ['fleet:read'], allowedIps: [address] })).data[0]
          ?.key ?? ''
      const ask = async (key: string) =>
        (
          await get('/v1/default/group', {
            headers: { authorization: `Bearer ${key}`, 'x-forwarded-for': '203.0.113.9' },
          })
        ).status
      expect(await ask(await keyFor('127.0.0.1'))).toBe(200)
      expect(await ask(await keyFor('203.0.113.9'))).toBe(401)
    })

    test('uploads are taken, large ones too, and come back', async () => {
      const { data } = await account.call(createUpload, { type: 'media' as 'apk' })
      const { pathname, search } = new URL(data[0]?.uploadUrl ?? '')
      const upload = await get(`${pathname}${search}`, { method: 'PUT' }, Buffer.alloc(5 * 2 ** 20, 'x'))
      expect(upload.status, upload.body).toBe(200)
      const size = 4 * 2 ** 30
      const refused = open('/upload/unsigned', { method: 'PUT', headers: { 'content-length': size } })
      refused.on('error', () => {})
      refused.write('x')
      const [response] = (await once(refused, 'response')) as [IncomingMessage]
      expect(response.statusCode, 'the platform refuses it for its signature, not the proxy for its size').toBe(403)
      refused.destroy()
    })

    test('events arrive while the stream is open', async () => {
      const stream = open('/v1/default/event/stream').end()
      const [response] = (await once(stream, 'response')) as [IncomingMessage]
      let heard = ''
      response.on('data', (chunk) => (heard += chunk))
      await expect.poll(() => heard).toContain(': connected')
      await account.call(createGroup, { name: 'lobby' })
      await expect.poll(() => heard).toContain('event: group.created')
      response.on('error', () => {})
      stream.destroy()
    })

    test('devices connect by MQTT over WebSocket and get commands', async () => {
      const { id, secret } = await newDevice(platform, account)
      const client = await mqtt.connectAsync(`wss://127.0.0.1:${port}/mqtt`, {
        ...{ clientId: id, username: id, password: secret, protocolVersion: 4, reconnectPeriod: 0 },
        rejectUnauthorized: false,
      })
      const command = new Promise<string>((resolve) => {
        client.once('message', (_topic, payload) => resolve(payload.toString()))
      })
      await client.subscribeAsync(`devices/${id}/notifications`, { qos: 1 })
      await account.call(notifyDevice, { id, type: 'refresh' })
      expect(await command).toContain('refresh')
      await client.endAsync()
    })
  })
}
