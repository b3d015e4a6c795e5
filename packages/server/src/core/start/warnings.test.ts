import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { certificate } from '../../../test/apk/der.ts'
import { readConfig } from '../../config.ts'
import { startWarnings } from './warnings.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mason-warnings-'))
const files = { TLS_CERT: path.join(folder, 'cert.pem'), TLS_KEY: path.join(folder, 'key.pem') }
beforeAll(async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const der = certificate('CN=mason.example', publicKey, privateKey).toString('base64')
  await writeFile(files.TLS_CERT, `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`)
  await writeFile(files.TLS_KEY, privateKey.export({ type: 'pkcs8', format: 'pem' }))
})
afterAll(() => rm(folder, { recursive: true }))

const warn = (environment: Record<string, string | undefined>, now?: number) => [
  ...startWarnings(readConfig(environment), now),
]

it.each([
  {},
  { HOST: '::1' },
  { HOST: '10.0.0.5' },
  { TRUST_PROXY: '1' },
  { TRUST_PROXY: 'true', HOST: '127.0.0.1' },
  { PUBLIC_URL: 'https://mason.example', TRUST_PROXY: '127.0.0.1' },
  { PUBLIC_URL: 'https://mason.example', TRUST_PROXY: '10.0.0.0/8, loopback', HOST: '0.0.0.0' },
  { PUBLIC_URL: 'http://localhost:8080', HOST: '0.0.0.0' },
  { HOST: '0.0.0.0', PUBLIC_URL: 'https://mason.example', TRUST_PROXY: '0' },
])('has nothing to say of %j', (environment) => {
  expect(warn(environment)).toEqual([])
})

it('has nothing to say of the service unit in the docs', async () => {
  const install = await readFile(path.resolve(import.meta.dirname, '../../../../../docs/install.md'), 'utf8')
  const [, settings = ''] = /^Environment=(.*)$/m.exec(install) ?? []
  const environment = Object.fromEntries(settings.split(' ').map((setting) => setting.split('=')))
  expect(Object.keys(environment)).toContain('TRUST_PROXY')
  expect(warn(environment)).toEqual([])
})

it.each(['1', '2', '01', 'true'])('warns of TRUST_PROXY=%s where others than the proxy may connect', (TRUST_PROXY) => {
  for (const HOST of ['0.0.0.0', '::', '10.0.0.5'])
    expect(warn({ HOST, TRUST_PROXY, PUBLIC_URL: 'https://mason.example' })).toEqual([
      expect.stringMatching(/^TRUST_PROXY=/),
    ])
})

it.each(['0.0.0.0', '::', '0', '0:0::0', '::0.0.0.0'])('warns of HOST=%s without PUBLIC_URL', (HOST) => {
  expect(warn({ HOST })).toEqual([expect.stringContaining('PUBLIC_URL')])
})

it('warns of credentials that cross a network in clear', () => {
  expect(warn({ PUBLIC_URL: 'http://mason.example' })).toEqual([expect.stringMatching(/^PUBLIC_URL=http.* not https/)])
})

it('warns of certificates that are too old, too young or for another host', () => {
  const at = (time: string, environment = {}) => warn({ ...files, ...environment }, Date.parse(time))
  expect(at('2026-11-29T00:00:00Z', { PUBLIC_URL: 'https://mason.example' })).toEqual([])
  expect(at('2026-11-29T00:00:00Z', { PUBLIC_URL: 'https://other.example' })).toEqual([
    expect.stringMatching(/^TLS_CERT: .*not for the host/),
  ])
  expect(at('2049-12-20T00:00:00Z')).toEqual([expect.stringMatching(/^TLS_CERT: .*expires on/)])
  expect(at('2050-01-01T00:00:00Z')).toEqual([expect.stringMatching(/^TLS_CERT: .*expired on/)])
  expect(at('2019-01-01T00:00:00Z')).toEqual([expect.stringMatching(/^TLS_CERT: .*not valid before/)])
  const { TLS_CERT: MQTT_TLS_CERT, TLS_KEY: MQTT_TLS_KEY } = files
  expect(warn({ MQTT_TLS_CERT, MQTT_TLS_KEY }, Date.parse('2050-01-01T00:00:00Z'))).toEqual([
    expect.stringMatching(/^MQTT_TLS_CERT: .*expired on/),
  ])
})
