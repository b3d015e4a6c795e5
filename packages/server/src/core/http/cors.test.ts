import { describe, expect, test } from 'vitest'
import { expectErrorForm } from '../../../test/answer-form.ts'
import { exchange, type RawAnswer } from '../../../test/exchange.ts'
import { usePlatform } from '../../../test/harness.ts'

const origin = 'https://shop.example'
const open = usePlatform({ CORS_ORIGINS: `${origin}, https://tools.example:8443` })
const closed = usePlatform()
const path = '/v1/default/group'
const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }

const allowed = ({ headers }: RawAnswer) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))

describe('pages of other origins', () => {
  test('are let in by no answer without the setting', async () => {
    const preflight = await exchange(closed.url, { method: 'OPTIONS', path, headers: { origin, ...asks } })
    expect(preflight.status).toBe(405)
    const { key } = await closed.newAccount()
    const answer = await exchange(closed.url, { path, headers: { origin }, authorization: `basic ${key}` })
    expect(answer.status).toBe(200)
    expect([...allowed(preflight), ...allowed(answer)]).toEqual([])
  })

  test('that are listed may ask first, then call, and see what they need, never with cookies', async () => {
    for (const one of [origin, 'https://tools.example:8443']) {
      const preflight = await exchange(open.url, { method: 'OPTIONS', path, headers: { origin: one, ...asks } })
      expect(preflight.status, preflight.text).toBe(200)
      expect(preflight.headers['access-control-allow-origin']).toBe(one)
      expect(preflight.headers['access-control-allow-methods']).toContain('DELETE')
      expect(preflight.headers['access-control-allow-headers']).toMatch(/authorization.*idempotency-key/i)
      const { key } = await open.newAccount()
      const answers = [
        await exchange(open.url, { path, headers: { origin: one }, authorization: `basic ${key}` }),
        await exchange(open.url, { path, headers: { origin: one } }),
        await exchange(open.url, { path: '/v1/nowhere', headers: { origin: one } }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 404])
      for (const answer of [preflight, ...answers]) {
        expect(answer.headers['access-control-allow-origin']).toBe(one)
        expect(answer.headers.vary).toMatch(/origin/i)
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
      }
      expect(answers[0]?.headers['access-control-expose-headers']).toMatch(/Link.*X-Request-Id/)
    }
  })

  test.each(['https://shop.example.evil', 'http://shop.example', 'null', 'https://shop.example:444', '*'])(
    '%s, which is not listed, is not let in',
    async (other) => {
      const preflight = await exchange(open.url, { method: 'OPTIONS', path, headers: { origin: other, ...asks } })
      expect(preflight.status).toBe(405)
      expectErrorForm(preflight)
      expect(allowed(preflight)).toEqual([])
      expect(preflight.headers.vary).toMatch(/origin/i)
    },
  )

  test('an OPTIONS that asks for nothing is a method that no path knows', async () => {
    for (const headers of [{}, { origin }, asks]) {
      const answer = await exchange(open.url, { method: 'OPTIONS', path, headers: headers as Record<string, string> })
      expect(answer.status).toBe(405)
      expectErrorForm(answer)
      expect((await exchange(open.url, { method: 'OPTIONS', path: '/nowhere' })).status).toBe(404)
    }
  })
})
