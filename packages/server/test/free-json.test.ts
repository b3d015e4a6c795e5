import { getNotification } from '@mason/contract/notification'
import { routes } from '@mason/contract/routes'
import { registerSim } from '@mason/contract/sim'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { freeMembers } from '../src/core/http/validation.ts'
import { readYaml } from '../src/software/artifact/yaml/read.ts'
import { newDevice } from './factories.ts'
import { usePlatform } from './harness.ts'

// JSON and YAML that is free keeps its numbers or is refused, and is nested as deep as every reader bears.

const platform = usePlatform()

/** The value of a decimal number as a fraction, whatever its length. */
function fractionOf(text: string): [numerator: bigint, denominator: bigint] {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const power = Number(exponent) - fraction.length
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  return power >= 0 ? [digits * 10n ** BigInt(power), 1n] : [digits, 10n ** BigInt(-power)]
}

function isSame(one: string, other: string): boolean {
  const [[a, b], [c, d]] = [fractionOf(one), fractionOf(other)]
  return a * d === b * c
}

const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${maxLength}}$`))
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      digits(25).map((text) => text.replace(/^0+(?=.)/, '')),
    ),
    fc.option(digits(25)),
    fc.option(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -400, max: 400 }))),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      sign + whole + (fraction === null ? '' : `.${fraction}`) + (exponent === null ? '' : `e${exponent}`),
  )

describe('a number in free JSON', () => {
  test('is kept exactly, or refused with its path', async () => {
    const account = await platform.newAccount()
    const { id } = await newDevice(platform, account)
    const send = async (payload: string) => {
      const body = `{"type":"application","payload":${payload}}`
      const path = `/v1/default/device/${id}/notification`
      const answer = await platform.fetch(path, { method: 'POST', key: account.key, body })
      return { status: answer.status, text: await answer.text() }
    }
    await fc.assert(
      fc.asyncProperty(number, async (source) => {
        const { status, text } = await send(`{"a":[{"b/c":${source}},"${source}"]}`)
        if (status === 200) {
          const kept = /"b\/c":([^}]+)\}/.exec(text)?.[1] ?? ''
          expect(isSame(source, kept)).toBe(true)
        } else {
          expect(status).toBe(400)
          expect(JSON.parse(text).errors).toEqual([
            { path: '/payload/a/0/b~1c', message: expect.stringContaining('write it as text') },
          ])
        }
      }),
      { numRuns: 200 },
    )
    for (const kept of ['0', '-1.5', '0.1', '1e21', '9007199254740991', '1.50', '100e-2', '-0', '{"a":"1e400"}'])
      expect([kept, (await send(kept)).status]).toEqual([kept, 200])
    for (const lost of [
      '8988303000000614224',
      '9007199254740993',
      '1e400',
      '-1e400',
      '1e-400',
      '0.1000000000000000055',
    ])
      expect([lost, (await send(lost)).status]).toEqual([lost, 400])
  })

  test('is looked at wherever a route takes free JSON', () => {
    const free = routes.filter(({ schema }) => schema.body && freeMembers(schema.body).length > 0)
    expect(free.map(({ schema }) => schema.operationId).sort()).toEqual([
      'createSchedule',
      'notifyDevice',
      'notifyDevices',
      'updateSchedule',
    ])
  })
})

describe('a number in a YAML config', () => {
  test('is kept exactly, or refused with its path', () => {
    fc.assert(
      fc.property(number, (source) => {
        let kept: unknown
        try {
          kept = readYaml(`a:\n  - b: ${source}\n`)
        } catch (error) {
          expect((error as Error).message).toMatch(
            /^\/a\/0\/b is a number that cannot be kept exactly: write it as text$/,
          )
          return
        }
        const [{ b }] = (kept as { a: [{ b: unknown }] }).a
        if (typeof b === 'number' && !/^-?0\d/.test(source)) expect(isSame(source, JSON.stringify(b))).toBe(true)
      }),
    )
  })

  test.each([
    ['iccid: 8988303000000614224', false],
    ['iccid: "8988303000000614224"', true],
    ['x: {y: [1, 0x1FFFFFFFFFFFFFFF]}', false],
    ['x: 1e400', false],
    ['x: .inf', false],
    ['x: [1_000, 0x1F, 0b11, 12:30, 1.5, .5, +7, 1.]', true],
    ['x: 0.1000000000000000055', false],
  ])('%s', (text, isTaken) => {
    const read = () => readYaml(text)
    if (isTaken) read()
    else expect(read).toThrow('write it as text')
  })
})

describe('JSON that is nested', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const inObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

  test('100 deep is taken, deeper is refused, whatever text it holds', async () => {
    const account = await platform.newAccount()
    const { id } = await newDevice(platform, account)
    const path = `/v1/default/device/${id}/notification`
    const send = async (payload: string) => {
      const body = `{"type":"application","payload":${payload}}`
      return platform.fetch(path, { method: 'POST', key: account.key, body })
    }
    const answer = await send(nested(100))
    expect(answer.status).toBe(200)
    const { data } = (await answer.json()) as { data: [{ id: string; payload: unknown }] }
    expect((await account.call(getNotification, { id: data[0].id })).data[0]?.payload).toEqual(data[0].payload)
    const brackets = JSON.stringify({ a: `\\"${'[{'.repeat(300)}`, b: `${'['.repeat(300)}\\` })
    expect((await send(brackets)).status).toBe(200)
    expect((await send(`[${inObjects(99)},"\\u00e9"]`)).status).toBe(200)
    for (const deep of [
      nested(101),
      inObjects(101),
      `["\\"",${nested(100)}]`,
      `["\\u00e9",${nested(100)}]`,
      nested(30_000),
    ])
      expect((await send(deep)).status).toBe(400)
  })

  test('is no server error at any door', async () => {
    const account = await platform.newAccount()
    for (const { method, url, schema, config } of routes) {
      if (method === 'GET' || method === 'DELETE') continue
      const path = url.replace(':fleet', 'default').replace(/:\w+/g, 'x')
      for (const body of [nested(100_000), `{"name":${inObjects(5_000)}}`, `{"a":${nested(100_000)}`]) {
        const answer = await platform.fetch(path, { method, key: account.key, body })
        await answer.arrayBuffer()
        const isRows = 'isStreamed' in config && config.isStreamed
        expect(answer.status, schema.operationId).toBeGreaterThanOrEqual(isRows ? 200 : 400)
        expect(answer.status, schema.operationId).toBeLessThan(500)
      }
    }
  })

  test('costs its own line of a stream', async () => {
    const account = await platform.newAccount()
    const iccid = '8988303000000614224'
    await account.call(registerSim, { iccid })
    const record = JSON.stringify({ id: '1', iccid, start: '2026-11-10T00:00:00Z', upload: 1, download: 1 })
    const answer = await platform.fetch('/v1/default/usage', {
      method: 'POST',
      key: account.key,
      body: `${nested(20_000)}\n${record}\n`,
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(((await answer.json()) as { data: unknown }).data).toEqual([
      { accepted: 1, duplicates: 0, rejected: [{ line: 1, reason: 'is nested more than 100 deep' }] },
    ])
  })
})
