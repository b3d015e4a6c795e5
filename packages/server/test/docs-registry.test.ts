import { readFile } from 'node:fs/promises'
import { createProject } from '@mason/contract/project'
import { expect, test } from 'vitest'
import { registerConfig } from './artifacts.ts'
import { exchange } from './exchange.ts'
import { usePlatform } from './harness.ts'

const platform = usePlatform()
const page = new URL('../../../docs/registry.md', import.meta.url)

interface Written {
  method: string
  path: string
  body?: string
}

/** The calls of the sentences: `POST …/project/{name}/build`. */
const fromSentences = (text: string): Written[] =>
  [...text.matchAll(/`(GET|POST|PUT|DELETE) …(\/[^`\s]*)/g)].map(([, method = '', path = '']) => ({
    method,
    path: `/v1/default${path}`,
  }))

/** The calls of the examples, of which curl makes a POST when they have a body. */
const fromExamples = (text: string): Written[] =>
  [...text.matchAll(/curl [^\n]*?(?:\$SERVER|https:\/\/mason\.example)(\/\S+)(?:[^\n]*? -d '([^']*)')?/g)].map(
    ([, path = '', body]) => ({
      method: body === undefined ? 'GET' : 'POST',
      path,
      ...(body !== undefined && { body }),
    }),
  )

test('every call that docs/registry.md writes down is one that the platform knows', async () => {
  const account = await platform.newAccount()
  await account.call(createProject, { name: 'shop' })
  await registerConfig(account, 'os: {name: shop, version: 3}')
  const text = await readFile(page, 'utf8')
  const sentences = fromSentences(text)
  const calls = [...sentences, ...fromExamples(text)]
  expect(calls.length).toBeGreaterThan(8)
  for (const { method, path, body = '{"version":"3"}' } of calls) {
    const url = path.replace('{name}', 'shop').replace('{version}', '3').replace('{id}', crypto.randomUUID())
    const sent = { method, path: url, authorization: `basic ${account.key}`, ...(method === 'POST' && { body }) }
    const answer = await exchange(platform.url, sent)
    expect(answer.status, `${method} ${path}: ${answer.text}`).not.toBe(405)
    expect(answer.text, `${method} ${path}`).not.toContain('There is nothing at')
    if (sentences.every((call) => call.path !== path)) expect(answer.text, path).not.toContain('not a member')
  }
})
