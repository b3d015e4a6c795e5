import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificate } from '../test/apk/der.ts'
import { readConfig, settingNames } from './config.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'mason-config-'))
const inFolder = (name: string) => path.join(folder, name)
beforeAll(async () => {
  const [one, other] = [rsa(), rsa()]
  await writeFile(inFolder('cert.pem'), pem(certificate('CN=mason', one.publicKey, one.privateKey)))
  await writeFile(inFolder('key.pem'), one.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(inFolder('other-key.pem'), other.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(
    inFolder('locked-key.pem'),
    one.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
  )
  await writeFile(inFolder('text.pem'), 'not a certificate')
})
afterAll(() => rm(folder, { recursive: true }))

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (der: Buffer) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`

const notUrls = ['h.example', 'ftp://h.example', 'https:/h.example', 'https://', 'https://a b', '//h.example', '://']
const signed = ['https://me@h.example', 'https://me:secret@h.example']
const extras = ['https://h.example/?a=1', 'https://h.example/#a']
const origins = [...notUrls, ...signed, ...extras, 'https://h.example/path']
const hosts = ['http://0.0.0.0:8080', 'https://[::]']
const files = ['/does/not/exist', '/dev/null/x', '/dev/zero', tmpdir(), inFolder('text.pem')]
const wholes = ['many', '1.5', '-1', '1e3', '0x10', '9'.repeat(400), 'NaN', 'Infinity']

/** Values that each setting must refuse by its own name. */
const faulty: Record<string, readonly string[]> = {
  HOST: ['http://127.0.0.1', 'a b', '127.0.0.1/8', '[::1]'],
  PORT: [...wholes, '70000'],
  PUBLIC_URL: [...origins, ...hosts],
  TLS_CERT: [...files, inFolder('key.pem')],
  TLS_KEY: [...files, inFolder('cert.pem'), inFolder('locked-key.pem')],
  TRUST_PROXY: ['maybe', '1.2.3', '10.0.0.0/33', '0.0.0.0/0', '::/0', 'loopback,', 'nginx', '-1', '1000'],
  DATABASE_URL: [
    'mysql://h/db',
    'h.example',
    'postgres://u:p@ss#w@h/db',
    'postgres://u:pa/ss@h/db',
    'postgres://u:p?ss@h/db',
    'postgres://u:p#ss@h/db',
    'postgres://u:p%@h/db',
    'postgres://u:100%zz@h/db',
    'postgres://u:p ss@h/db',
    'postgres://h:99999/db',
    'postgres://h1,h2/db',
    'postgres://h/db?sslmode=prefer',
    'postgres://h/db?sslmode=on',
    'postgres://h/db?sslmode=verify-full&sslrootcert=/does/not/exist',
  ],
  DATABASE_POOL_SIZE: [...wholes, '1'],
  NATS_URL: [
    ...notUrls,
    'nats://',
    'nats://h/path',
    'nats://h,',
    'nats://a:b@h,nats://a:c@i',
    'nats://100%zz@h',
    'nats://h:99999',
  ],
  MASON_OWNER_KEY: ['secret', 'mason_secret'],
  MASON_OWNER_EMAIL: ['ada', 'ada@', 'a b@example.com'],
  MASON_ENCRYPTION_KEY: ['0', 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)],
  S3_BUCKET: ['b', 'a/b', 'a b', 's3://bucket'],
  S3_ENDPOINT: [...notUrls, ...signed, ...extras],
  S3_REGION: ['us east', 'https://eu'],
  S3_ACCESS_KEY_ID: ['a b'],
  S3_SECRET_ACCESS_KEY: ['a b'],
  S3_ADDRESSING_STYLE: ['Path', 'dns'],
  MQTT_PORT: [...wholes, '70000'],
  MQTT_TLS_CERT: [...files, inFolder('key.pem')],
  MQTT_TLS_KEY: [...files, inFolder('cert.pem')],
  MQTT_PUBLIC_URL: [
    'h.example',
    'https://h.example',
    'mqtt://h/path',
    'wss://me:secret@h',
    'wss://h?a',
    'ws://0.0.0.0',
  ],
  SMTP_URL: ['h.example', 'https://h.example', 'smtp://', 'smtp://a b'],
  SMTP_ALLOW_CLEARTEXT: ['yes', '1', 'TRUE'],
  SMTP_FROM: ['mason', 'Mason <mason>', 'a@b <'],
  OIDC_ISSUER: [...notUrls, ...signed, ...extras, 'http://h.example', 'HTTP://h.example'],
  OIDC_SCOPES: ['email', 'openid,email', 'openidx'],
  ANDROID_AGENT_COMPONENT: ['com.mason.agent', 'a/b/c'],
  ANDROID_AGENT_URL: [...notUrls, ...signed, ...hosts],
  ANDROID_AGENT_CHECKSUM: ['abc', '+'.repeat(43)],
  MAP_STYLE_URL: [...notUrls, ...signed],
  MAP_ORIGINS: origins,
  MAX_CONNECTIONS: wholes,
  MAX_CONNECTIONS_PER_ADDRESS: wholes,
  CORS_ORIGINS: [...origins, '*'],
  LOG_LEVEL: ['verbose', 'INFO'],
}

const faultsOf = (environment: Record<string, string>): string[] => {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    return String((error as Error).message)
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
}
const numeric = (name: string) => /_(SECONDS|DAYS|BYTES|BURST|PER_SECOND)$/.test(name)

describe.each(settingNames)('%s', (name) => {
  const values = [...(faulty[name] ?? (numeric(name) ? wholes.filter((text) => text !== '1.5') : [])), ' ', 'a\u0007b']
  it.each(values)('refuses %j by its name, and says what would be right', (value) => {
    const faults = faultsOf({ [name]: value })
    expect(faults.filter((fault) => fault.startsWith(name)).length, faults.join('\n')).toBeGreaterThan(0)
    for (const fault of faults) expect(fault).not.toMatch(/must match|must NOT|must be equal to|secret/)
  })
})

it('names every bad setting at once', () => {
  const faults = faultsOf(Object.fromEntries(settingNames.map((name) => [name, 'a\u0007b'])))
  for (const name of settingNames) expect(faults.some((fault) => fault.startsWith(name))).toBe(true)
})

it('shows no secret of a URL, whatever else is wrong with it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...settingNames), fc.stringMatching(/^[!-~]{0,12}$/), (name, noise) => {
      const value = `postgres://user:hunter2${noise}@h.example`
      expect(faultsOf({ [name]: value }).join('\n')).not.toContain('hunter2')
    }),
  )
})

it('keeps URLs without a slash at their end, in lower case, without the spaces of an environment file', () => {
  const config = readConfig({
    PUBLIC_URL: ' HTTPS://Mason.Example:443/\r',
    MQTT_PUBLIC_URL: 'wss://mason.example/mqtt/',
    S3_BUCKET: 'bucket',
    S3_ENDPOINT: 'https://s3.example/base/',
    OIDC_ISSUER: 'https://id.example/',
    OIDC_CLIENT_ID: 'mason',
    PORT: '8081 ',
  })
  expect(config).toMatchObject({
    PUBLIC_URL: 'https://mason.example',
    MQTT_PUBLIC_URL: 'wss://mason.example/mqtt',
    S3_ENDPOINT: 'https://s3.example/base',
    OIDC_ISSUER: 'https://id.example',
    PORT: 8081,
  })
})

it('keeps the slash by which an issuer with a path is known, and the whole of other URLs', () => {
  const OIDC_ISSUER = 'https://id.example/application/o/mason/'
  const MAP_STYLE_URL = 'https://maps.example/{style}/?key=1'
  expect(readConfig({ OIDC_ISSUER, OIDC_CLIENT_ID: 'mason', MAP_STYLE_URL })).toMatchObject({
    OIDC_ISSUER,
    MAP_STYLE_URL,
  })
})

it.each([
  'postgres://h/db',
  'postgresql://u:p%40ss@h:5433/db?sslmode=require',
  'postgres:///db?host=/var/run/postgresql',
  'postgres://mason@/db?host=/var/run/postgresql&port=5433',
  'postgres://localhost:5432/db?application_name=a@b',
  'postgres://u:p@h/db?application_name=a@b',
  'postgres://u:a:b@[::1]/db',
])('takes the database %s', (DATABASE_URL) => {
  expect(readConfig({ DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL)
})

it('takes a certificate with its key, and refuses one with another key or with none', () => {
  const [TLS_CERT, TLS_KEY] = [inFolder('cert.pem'), inFolder('key.pem')]
  expect(faultsOf({ TLS_CERT, TLS_KEY })).toEqual([])
  expect(faultsOf({ TLS_CERT })).toEqual([expect.stringContaining('TLS_KEY')])
  expect(faultsOf({ TLS_CERT, TLS_KEY: inFolder('other-key.pem') })).toEqual([expect.stringMatching(/^TLS_KEY is not/)])
})
