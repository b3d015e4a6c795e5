import { hash, randomBytes } from 'node:crypto'
import { createArtifact, getArtifact, listArtifacts, listVersions } from '@mason/contract/artifact'
import { listEvents } from '@mason/contract/event'
import { describe, expect, test } from 'vitest'
import { makeApk, newSigningKey, releaseKey } from '../../../test/apk/make.ts'
import { makeManifest } from '../../../test/apk/manifest.ts'
import { registerBytes, uploadBytes } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const till = { packageName: 'com.example.till', versionCode: 12 }

describe('an app', () => {
  test('is registered by what its bytes say, read, listed and downloaded', async () => {
    const account = await platform.newAccount()
    const bytes = makeApk({ ...till, versionName: '1.2', minSdkVersion: 23 })
    const artifact = await registerBytes(account, { type: 'apk' }, bytes)
    expect(artifact).toEqual({
      type: 'apk',
      name: 'com.example.till',
      version: '12',
      self: '/v1/default/artifact/apk/com.example.till/12',
      contentUrl: '/v1/default/artifact/apk/com.example.till/12/content',
      size: bytes.length,
      checksum: { sha1: hash('sha1', bytes), sha256: hash('sha256', bytes), md5: hash('md5', bytes) },
      createdAt: expect.stringMatching(/Z$/),
      apk: {
        ...till,
        versionName: '1.2',
        minSdkVersion: 23,
        signatureSchemes: ['v1', 'v2'],
        certificates: [hash('sha256', releaseKey.certificate)],
      },
    })
    const key = { type: 'apk', name: till.packageName }
    expect((await account.call(getArtifact, { ...key, version: '12' })).data).toEqual([artifact])
    expect((await account.call(listVersions, key)).data).toEqual([artifact])
    expect((await account.call(listArtifacts, { type: 'apk', n: 'COM.' })).data).toEqual([artifact])
    expect((await account.call(listArtifacts, { type: 'media' })).data).toEqual([])
    const whole = await platform.fetch(artifact.contentUrl, { key: account.key })
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
    const part = await platform.fetch(artifact.contentUrl, { key: account.key, headers: { range: 'bytes=2-4' } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(2, 5))
    expect((await account.call(listEvents, { type: 'artifact.registered' })).data).toMatchObject([
      { subject: { kind: 'artifact', id: 'apk/com.example.till/12' } },
    ])
  })

  test.each([['v1'], ['v2'], ['v3'], ['v1', 'v2', 'v3']] as const)('signed by %s is taken', async (...schemes) => {
    const account = await platform.newAccount()
    const { apk } = await registerBytes(account, { type: 'apk' }, makeApk({ ...till, schemes: [...schemes] }))
    expect(apk?.signatureSchemes).toEqual(schemes)
  })

  test('whose texts are UTF-8 is read alike', async () => {
    const account = await platform.newAccount()
    const manifest = makeManifest({ ...till, versionName: 'é', minSdkVersion: 21 }, { isUtf8: true })
    const { apk } = await registerBytes(account, { type: 'apk' }, makeApk({ ...till, manifest }))
    expect(apk).toMatchObject({ ...till, versionName: 'é', minSdkVersion: 21 })
  })

  const tampered = () => {
    const bytes = makeApk({ ...till, schemes: ['v2'], entries: [{ name: 'assets/a', data: 'real', isStored: true }] })
    bytes.write('fake', bytes.indexOf('real'))
    return bytes
  }
  const twice = { name: 'AndroidManifest.xml', data: makeManifest({ ...till, versionCode: 99 }) }
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 30)
  const endless = Buffer.from(makeManifest(till))
  endless.writeUInt32LE(0, 12)
  test.each<[string, () => Buffer, RegExp]>([
    ['without a signature', () => makeApk({ ...till, schemes: [] }), /not signed/],
    [
      'signed with a debug key by v1',
      () => makeApk({ ...till, schemes: ['v1'], key: newSigningKey('C=US,O=Android,CN=Android Debug') }),
      /debug key/,
    ],
    [
      'signed with a debug key by v3',
      () => makeApk({ ...till, schemes: ['v3'], key: newSigningKey('CN=Android Debug,O=Android,C=US') }),
      /debug key/,
    ],
    ['whose content was changed after it was signed', tampered, /CRC|not what its v2 signature/],
    [
      'whose certificate is not its key',
      () => makeApk({ ...till, key: { ...newSigningKey(), certificate: releaseKey.certificate }, schemes: ['v2'] }),
      /another key/,
    ],
    ['with two manifests', () => makeApk({ ...till, entries: [twice] }), /twice/],
    [
      'that leaves its folder',
      () => makeApk({ ...till, entries: [{ name: '../evil', data: 'x' }] }),
      /relative path|\.\./,
    ],
    [
      'that lies about a size',
      () => makeApk({ ...till, entries: [{ name: 'a', data: 'abc', declaredSize: 2 }] }),
      /too many bytes|size/,
    ],
    [
      'that is a bomb',
      () => makeApk({ ...till, entries: [{ name: 'a', data: Buffer.alloc(70 * 2 ** 20) }] }),
      /inflates/,
    ],
    [
      'whose names take 17 MB',
      () => {
        const entries = Array.from({ length: 285 }, (_, index) => ({ name: `${index}`.padEnd(60_000, 'a'), data: '' }))
        return makeApk({ ...till, schemes: ['v2'], entries })
      },
      /names of its entries/,
    ],
    ['that is cut off', () => cut(makeApk(till)), /ZIP/],
    ['whose manifest never ends', () => makeApk({ ...till, manifest: endless }), /cut off/],
    [
      'whose manifest is text',
      () => makeApk({ ...till, manifest: Buffer.from('<manifest package="a"/>') }),
      /binary XML/,
    ],
    ['beyond 32 bits', () => makeApk({ ...till, versionCodeMajor: 1 }), /versionCodeMajor/],
    ['of version 0', () => makeApk({ ...till, versionCode: 0 }), /whole number/],
    ['that is no archive', () => randomBytes(5000), /ZIP/],
    ['that is empty', () => Buffer.alloc(0), /empty/],
  ])('%s is refused', async (_what, make, message) => {
    const account = await platform.newAccount()
    const { url } = await uploadBytes(account, 'apk', make())
    await expect(account.call(createArtifact, { url, type: 'apk' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    })
    expect((await account.call(listArtifacts)).data).toEqual([])
  })

  test('is not what the sender says, but what the bytes say', async () => {
    const account = await platform.newAccount()
    const { url } = await uploadBytes(account, 'apk', makeApk(till))
    await expect(
      account.call(createArtifact, { url, type: 'apk', name: 'com.example.other', version: '13' }),
    ).rejects.toMatchObject({
      status: 400,
      errors: [
        { path: '/name', message: expect.stringContaining('com.example.till') },
        { path: '/version', message: expect.stringContaining('12') },
      ],
    })
    await expect(account.call(createArtifact, { url, type: 'apk', sha1: 'a'.repeat(40) })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('SHA-1'),
    })
    await expect(account.call(createArtifact, { url, type: 'media', name: 'x', version: '1' })).rejects.toMatchObject({
      status: 400,
    })
  })
})
