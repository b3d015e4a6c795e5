import { execFileSync } from 'node:child_process'
import { createGroup } from '@mason/contract/group'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { newDataDir, postmasterPid } from './program.ts'
import { usePrograms } from './programs.ts'

const start = usePrograms()

/** Every process of a PostgreSQL, the one that starts the others first. */
function processesOf(postmaster: number): number[] {
  const children = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === postmaster)
  return [postmaster, ...children.map(([pid = 0]) => pid)]
}

// It takes connections, as the kernel does that for it, and never says a word.
test('while PostgreSQL stands still, what needs it is answered 503 and what does not as ever; it goes on when PostgreSQL does', async () => {
  const DATA_DIR = await newDataDir()
  const { url, ownerKey = '' } = await start({ DATA_DIR })
  const owner = createClient({ baseUrl: url, key: ownerKey, maxRetries: 0 })
  await owner.call(createGroup, { name: 'before' })
  const get = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `basic ${ownerKey}` }, ...init })
    await answer.arrayBuffer()
    return [answer.status, answer.headers.has('retry-after')]
  }
  const needing = ['/readyz', '/v1/default/device', '/v1/default/group/before', '/v1/default/device?n=till']

  const processes = processesOf(await postmasterPid(DATA_DIR))
  for (const pid of processes) process.kill(pid, 'SIGSTOP')
  try {
    for (const wave of ['under way when it began', 'while it lasts']) {
      const answers = needing.map((path) => get(path, { signal: AbortSignal.timeout(10_000) }))
      // None of these waits for one of those.
      for (const path of ['/healthz', '/openapi.json']) expect(await get(path), path).toEqual([200, false])
      expect(await Promise.all(answers), wave).toEqual(needing.map(() => [503, true]))
    }
  } finally {
    for (const pid of processes) process.kill(pid, 'SIGCONT')
  }
  await eventually(async () => expect(await get('/readyz')).toEqual([200, false]))
  for (const path of needing) expect(await get(path), path).toEqual([200, false])
  await owner.call(createGroup, { name: 'after' })
}, 60_000)
