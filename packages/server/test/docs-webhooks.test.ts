import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { createWebhook, getWebhookDelivery, rotateWebhook, testWebhook } from '@mason/contract/webhook'
import { expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { usePlatform } from './harness.ts'
import { useReceivers, verify } from './receiver.ts'

const platform = usePlatform({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '127.0.0.1' })
const newReceiver = useReceivers()
const page = path.resolve(import.meta.dirname, '../../../docs/webhooks.md')
const samples = path.resolve(import.meta.dirname, '../../console/src/webhooks/samples')

const languages = [
  { command: [process.execPath], file: 'receiver.mjs' },
  { command: ['python3'], file: 'receiver.py' },
  { command: ['go', 'run'], file: 'receiver.go' },
]
const isPresent = ([program = '']: string[]) => spawnSync(program, ['-h']).error === undefined

for (const { command, file } of languages)
  test.skipIf(!isPresent(command))(
    `${file} verifies what it is sent, under the new secret and no other`,
    async () => {
      const account = await platform.newAccount()
      const port = String(await freePort())
      const made = (await account.call(createWebhook, { url: `http://127.0.0.1:${port}/`, types: ['group.*'] })).data[0]
      const id = made?.id ?? ''
      const [program = '', ...args] = [...command, path.join(samples, file)]
      const env = { ...process.env, PORT: port, WEBHOOK_SECRET: made?.secret }
      // `go run` starts the receiver as a child of its own.
      const receiver = spawn(program, args, { env, detached: true })
      try {
        let said = ''
        receiver.stdout.on('data', (data) => {
          said += data
        })
        // Go compiles it first.
        await vi.waitFor(() => expect(said).toContain('listening at'), { timeout: 90_000 })
        const deliver = async () => {
          const [delivery] = (await account.call(testWebhook, { id })).data
          return eventually(async () => {
            const { data } = await account.call(getWebhookDelivery, { id: delivery?.id ?? '' })
            expect(data[0]?.attempts).toHaveLength(1)
            return data[0]
          })
        }
        expect((await deliver())?.state).toBe('succeeded')
        await eventually(() => expect(said).toContain(`webhook.test ${id}`))
        await account.call(rotateWebhook, { id })
        expect((await deliver())?.state, 'it knows the secret before').toBe('succeeded')
        await platform.database.pool.query('UPDATE webhook SET previous_until = now() WHERE id = $1', [id])
        expect((await deliver())?.attempts[0]?.status, 'it knows no other').toBe(401)
      } finally {
        if (receiver.pid !== undefined && receiver.exitCode === null && receiver.signalCode === null) {
          process.kill(-receiver.pid, 'SIGKILL')
          await once(receiver, 'close')
        }
      }
    },
    180_000,
  )

for (const { command, file } of languages)
  test.skipIf(!isPresent(command))(`${file} does not start without a secret, under which anybody could sign`, () => {
    const [program = '', ...args] = [...command, path.join(samples, file)]
    for (const WEBHOOK_SECRET of [undefined, '', 'whsec_'])
      expect(spawnSync(program, args, { env: { ...process.env, WEBHOOK_SECRET }, timeout: 60_000 }).status).toBe(1)
  })

test.skipIf(!isPresent(['curl']))(
  'the commands of docs/webhooks.md make a webhook, try it, and deliver again',
  async () => {
    const [account, receiver] = [await platform.newAccount(), await newReceiver()]
    const text = (await readFile(page, 'utf8')).replaceAll('https://hooks.example.com/mason', receiver.url)
    const [create = '', tries = ''] = [...text.matchAll(/```sh\n(curl[^`]*)```/g)].map(([, block = '']) => block)
    const run = async (script: string, values: Record<string, string> = {}) => {
      const env = { PATH: process.env.PATH, SERVER: platform.url, KEY: account.key, ...values }
      return JSON.parse((await promisify(execFile)('sh', ['-ec', script], { env })).stdout)
    }
    const { id: ID, secret } = (await run(create)).data[0]
    const [call = '', log = ''] = tries.trim().split('\n')
    expect((await run(call, { ID })).data[0]).toMatchObject({ event: { type: 'webhook.test' } })
    await eventually(async () => expect((await run(log, { ID })).data).toMatchObject([{ state: 'succeeded' }]))
    for (const one of receiver.calls) verify(secret, one)

    const body = /\/replay` with `(\{[^`]*\})`/.exec(text)?.[1] ?? ''
    const answer = await platform.fetch(`/v1/default/webhook/${ID}/replay`, { method: 'POST', key: account.key, body })
    expect(await answer.json()).toMatchObject({ data: [{ failed: true }] })
  },
)
