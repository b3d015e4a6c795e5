import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Sealer } from '../sealer.ts'
import { UrlSigner } from './signed-url.ts'

const signer = new UrlSigner(new Sealer(randomBytes(32)))
const target = {
  method: 'PUT',
  path: '/storage/a%20b',
  parameters: { md5: 'rL0Y20zC+Fzt72VPzMSk2A==' },
  expiresAt: new Date('2026-11-02T09:30:00Z'),
} as const
const url = signer.sign(target)
const before = new Date('2026-11-02T09:29:59Z')

it('grants what was signed until it expires', () => {
  signer.verify('PUT', url, before)
  expect(() => signer.verify('PUT', url, target.expiresAt)).toThrow('expired')
  expect(() => signer.verify('GET', url, before)).toThrow('not valid')
  const download = signer.sign({ ...target, method: 'GET' })
  signer.verify('GET', download, before)
  signer.verify('HEAD', download, before)
  const outsider = new UrlSigner(new Sealer(randomBytes(32)))
  expect(() => outsider.verify('PUT', url, before)).toThrow('not valid')
})

it('grants nothing else, whatever is changed, left out or added', () => {
  const change = fc.tuple(fc.nat(url.length - 1), fc.nat(3), fc.string({ maxLength: 3 }))
  fc.assert(
    fc.property(change, ([index, length, text]) => {
      const changed = url.slice(0, index) + text + url.slice(index + length)
      fc.pre(changed !== url)
      expect(() => signer.verify('PUT', changed, before)).toThrow('not valid')
    }),
    { numRuns: 2000 },
  )
  for (const odd of ['', '?', '&signature=', `${url}&signature=`, `${url}&a=b`])
    expect(() => signer.verify('PUT', odd, before)).toThrow('not valid')
})
