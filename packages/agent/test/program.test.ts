import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { startFakePlatform } from './fake-platform.ts'

const main = path.resolve(import.meta.dirname, '../src/main.ts')
const start = (...args: string[]) => spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

test('says its version', async () => {
  expect(await text(start('--version').stdout)).toBe(`${manifest.version}\n`)
})

test.each([
  ['the token is refused', { status: 401 }, /mason-agent: 401 /],
  ['the platform is busy', { status: 503 }, /mason-agent: 503 /],
  ['connections are cut', {}, /mason-agent: .*\w/],
])('a simulator says at once that %s', async (_name, reply, cause) => {
  await using platform = await startFakePlatform()
  platform.replies.push(...Array(1000).fill(reply))
  const { url, token } = platform
  const simulator = start('simulate', '--server', url, '--token', token, '--devices', '3', '--duration', '600')
  let said = ''
  for await (const chunk of simulator.stderr) {
    said += chunk
    if (cause.test(said)) break
  }
  expect(said).toMatch(cause)
  if (simulator.exitCode === null && simulator.kill('SIGKILL')) await once(simulator, 'exit')
})
