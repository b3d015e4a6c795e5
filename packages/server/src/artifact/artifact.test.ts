import { hash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import {
  createArtifact,
  createUpload,
  getArtifact,
  listArtifacts,
  listVersions,
  type NewArtifact,
} from '@mason/contract/artifact'
import { createDeployment } from '@mason/contract/deployment'
import { listEvents } from '@mason/contract/event'
import { createProject } from '@mason/contract/project'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { makeApk, newSigningKey, releaseKey } from '../../test/apk/make.ts'
import { makeManifest } from '../../test/apk/manifest.ts'
import { zip } from '../../test/apk/zip.ts'
import {
  bootAnimation,
  finishedBuild,
  png,
  registerBytes,
  registerConfig,
  registerMedia,
} from '../../test/artifacts.ts'
import { exchange } from '../../test/exchange.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'
import { officialCli } from '../../test/official-cli.ts'

const platform = usePlatform({ UPLOAD_MAX_BYTES: String(8 * 2 ** 20) })
const till = { packageName: 'com.example.till', versionCode: 12 }

const upload = async (account: TestAccount, input: Parameters<typeof offer>[1], bytes: Buffer) =>
  put(await offer(account, input), bytes)
async function offer(account: TestAccount, input: { type: NewArtifact['type']; md5?: string }) {
  const [offered] = (await account.call(createUpload, input)).data
  return offered ?? { uploadUrl: '', url: '' }
}
async function put({ uploadUrl, url }: { uploadUrl: string; url: string }, body: Buffer) {
  const { status, text } = await exchange(platform.url, {
    method: 'PUT',
    path: uploadUrl.slice(platform.url.length),
    body,
  })
  return { status, url, answer: JSON.parse(text) }
}

/** The status of an upload whose bytes do not end. */
const cutOff = (url: string, headers: Record<string, number>, bytes: number) =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(url, { method: 'PUT', headers }, ({ statusCode }) => {
      sent.destroy()
      resolve(statusCode)
    })
    sent.on('error', reject)
    sent.flushHeaders()
    if (bytes > 0) sent.write(Buffer.alloc(bytes, 'x'))
  })

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
    const { url, status } = await upload(account, { type: 'apk' }, make())
    expect(status).toBe(200)
    await expect(account.call(createArtifact, { url, type: 'apk' })).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    })
    expect((await account.call(listArtifacts)).data).toEqual([])
  })

  test('is not what the sender says, but what the bytes say', async () => {
    const account = await platform.newAccount()
    const { url } = await upload(account, { type: 'apk' }, makeApk(till))
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

test('a version is registered once, whoever is first, and never changes', async () => {
  const account = await platform.newAccount()
  const urls = await Promise.all(
    ['a', 'b', 'c'].map(async (data) => {
      const bytes = makeApk({ ...till, entries: [{ name: 'assets/x', data }] })
      return (await upload(account, { type: 'apk' }, bytes)).url
    }),
  )
  const tries = await Promise.allSettled(urls.map((url) => account.call(createArtifact, { url, type: 'apk' })))
  const won = tries.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value.data : []))
  expect(won).toHaveLength(1)
  for (const outcome of tries)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ status: 409, message: expect.stringContaining('already exists') })
  expect((await account.call(listVersions, { type: 'apk', name: till.packageName })).data).toEqual(won)
})

describe('an upload', () => {
  test('is bound to its signature, its digest and its size', async () => {
    const account = await platform.newAccount()
    const bytes = makeApk(till)
    const { uploadUrl, url } = await offer(account, { type: 'apk', md5: hash('md5', bytes) })
    expect(await put({ uploadUrl, url }, Buffer.from('other'))).toMatchObject({ status: 400 })
    expect(await put({ uploadUrl: uploadUrl.replace('type=apk', 'type=ota'), url }, bytes)).toMatchObject({
      status: 403,
    })
    expect(await put({ uploadUrl: url, url }, bytes)).toMatchObject({ status: 403 })
    expect(await put({ uploadUrl, url }, bytes)).toMatchObject({
      status: 200,
      answer: { data: [{ size: bytes.length }] },
    })
    expect(await put({ uploadUrl, url }, bytes)).toMatchObject({ status: 200 })
    const large = await offer(account, { type: 'ota' })
    expect(await put(large, Buffer.alloc(8 * 2 ** 20 + 1))).toMatchObject({ status: 400 })
    expect(await put(large, Buffer.alloc(8 * 2 ** 20))).toMatchObject({ status: 200 })
  })

  test.each(['apk', 'config', 'media', 'ota'] as const)('of %s is refused before it has arrived', async (type) => {
    const account = await platform.newAccount()
    const announced = await offer(account, { type })
    expect(await cutOff(announced.uploadUrl, { 'content-length': 1.5 * 2 ** 30 }, 0)).toBe(400)
    expect(await cutOff((await offer(account, { type })).uploadUrl, {}, 9 * 2 ** 20)).toBe(400)
  })

  test('of a config is refused once it is too large for one', async () => {
    const account = await platform.newAccount()
    expect(await cutOff((await offer(account, { type: 'config' })).uploadUrl, {}, 300 * 2 ** 10)).toBe(400)
  })

  test('is of one account', async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const { url } = await upload(account, { type: 'apk' }, makeApk(till))
    await expect(other.call(createArtifact, { url, type: 'apk' })).rejects.toMatchObject({ status: 400 })
    await account.call(createArtifact, { url, type: 'apk' })
    await expect(other.call(getArtifact, { type: 'apk', name: till.packageName, version: '12' })).rejects.toMatchObject(
      { status: 404 },
    )
  })
})

describe('media', () => {
  test('are what their bytes are', async () => {
    const account = await platform.newAccount()
    expect(await registerMedia(account, 'boot', 0)).toMatchObject({ version: '0', media: { type: 'bootanimation' } })
    expect(await registerMedia(account, 'logo', 1, png)).toMatchObject({ media: { type: 'splash' } })
    await expect(
      registerBytes(account, { type: 'media', name: 'boot', version: '2', mediaType: 'bootanimation' }, png),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('no bootanimation') })
  })

  test.each<[string, Buffer, RegExp]>([
    ['a boot animation without desc.txt', zip([{ name: 'part0/0.png', data: png }]), /desc\.txt/],
    ['a bomb', zip([{ name: 'desc.txt', data: Buffer.alloc(70 * 2 ** 20) }]), /inflates/],
    ['an archive that lies about a size', zip([{ name: 'desc.txt', data: 'abc', declaredSize: 90 }]), /size|bytes/],
    ['an image without a size', png.subarray(0, 20), /PNG/],
    ['anything else', Buffer.from('GIF89a'), /neither/],
  ])('%s is refused', async (_what, bytes, message) => {
    const account = await platform.newAccount()
    await expect(registerBytes(account, { type: 'media', name: 'm', version: '1' }, bytes)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    })
  })

  test('have whole numbers for versions, an OTA any', async () => {
    const account = await platform.newAccount()
    for (const version of ['01', '1.0', '-1', '2147483648'])
      await expect(
        registerBytes(account, { type: 'media', name: 'boot', version }, bootAnimation()),
      ).rejects.toMatchObject({ status: 400, errors: [{ path: '/version' }] })
    expect(await registerBytes(account, { type: 'ota', version: '2.14.0-rc1' }, Buffer.from('update'))).toMatchObject({
      name: 'mason-os',
      version: '2.14.0-rc1',
    })
  })
})

describe('a name that a path reads as something else', () => {
  const odd = [
    '',
    '.',
    '..',
    '...',
    '.1',
    'a/b',
    '/',
    'a\\b',
    '%2e%2e',
    '%2F',
    '1%',
    'a?b',
    'a#b',
    ' ',
    'a b',
    '1\n',
    'a\0b',
    'é',
  ]

  test.each([...odd, 'latest'])('%j is no version of an OTA, at any door', async (version) => {
    const account = await platform.newAccount()
    const status = { status: expect.toSatisfy((code: number) => code === 400 || code === 404) }
    await expect(registerBytes(account, { type: 'ota', version }, Buffer.from('x'))).rejects.toMatchObject(status)
    await expect(
      account.call(createDeployment, { group: 'unassigned', type: 'ota', name: 'mason-os', version, push: false }),
    ).rejects.toMatchObject(status)
    const { rows } = await platform.database.query<{ name: string }>(
      sql`SELECT name FROM account WHERE id = ${account.accountId}`,
    )
    const customer = rows[0]?.name ?? ''
    const cli = officialCli(platform.url, account.key, customer)
    const fields = { group: 'unassigned', name: 'mason-os', type: 'ota', push: true, version }
    expect((await cli.deploy(fields)).status).toBeGreaterThanOrEqual(400)
    const { url } = await upload(account, { type: 'ota' }, Buffer.from('x'))
    const checksum = { sha1: hash('sha1', 'x') }
    const posted = await cli.post(`/api/registry/artifacts/${customer}`, { ...fields, customer, url, checksum })
    expect(posted.status).toBe(400)
    expect((await account.call(listArtifacts)).data).toEqual([])
  })

  test.each(odd.filter((name) => !['', 'a b', 'a\0b'].includes(name)))(
    '%j is no project and no artifact',
    async (name) => {
      const account = await platform.newAccount()
      await expect(account.call(createProject, { name })).rejects.toMatchObject({ status: 400 })
      await expect(registerMedia(account, name, 1)).rejects.toMatchObject({ status: 400 })
      const bytes = makeApk({ ...till, packageName: name })
      await expect(registerBytes(account, { type: 'apk' }, bytes)).rejects.toMatchObject({ status: 400 })
      expect((await account.call(listArtifacts)).data).toEqual([])
    },
  )
})

describe('a config', () => {
  const yaml = (settings: string, more = '') => `os:
  name: warehouse
  version: 3
  configurations:
    mason-fota:
${settings}
apps:
  - name: Till
    package_name: com.example.till
    version_code: 12
${more}`

  const newProject = async () => {
    const account = await platform.newAccount()
    await account.call(createProject, { name: 'warehouse' })
    return account
  }

  test('belongs to a project, which must be there', async () => {
    const account = await platform.newAccount()
    const text = yaml('      disable_keyguard: yes')
    await expect(registerConfig(account, text)).rejects.toMatchObject({
      status: 404,
      message: 'The project warehouse was not found',
    })
    await account.call(createProject, { name: 'warehouse' })
    expect(await registerConfig(account, text)).toMatchObject({
      name: 'warehouse',
      version: '3',
      config: {
        os: { name: 'warehouse', version: 3, configurations: { 'mason-fota': { disable_keyguard: true } } },
        apps: [{ name: 'Till', package_name: 'com.example.till', version_code: 12 }],
      },
    })
  })

  test.each([
    ['12:30', '12:30'],
    ["'12:30'", '12:30'],
    ['750', '12:30'],
    ['01:00', '01:00'],
    ["'01:00'", '01:00'],
    ['60', '01:00'],
    ['0', '00:00'],
    ['"9:05"', '09:05'],
  ])('says the same time of day by %s', async (written, time) => {
    const account = await newProject()
    const { config } = await registerConfig(account, yaml(`      config_update_install_time: ${written}`))
    expect(config).toMatchObject({
      os: { configurations: { 'mason-fota': { config_update_install_time: time } } },
    })
  })

  test('reads the same whichever YAML it says it is', async () => {
    const text = yaml('      a: yes\n      b: 010\n      c: 12:30')
    const configs = await Promise.all(
      ['', '%YAML 1.1\n---\n', '%YAML 1.2\n---\n'].map(
        async (head) => (await registerConfig(await newProject(), head + text)).config,
      ),
    )
    expect(configs[1]).toEqual(configs[0])
    expect(configs[2]).toEqual(configs[0])
  })

  const bomb = (merge: boolean) => {
    const levels = Array.from({ length: 10 }, (_, level) => {
      const aliases = Array(9)
        .fill(`*a${level - 1}`)
        .join(',')
      if (level === 0) return `a0: &a0 {k: v}`
      return merge
        ? `a${level}: &a${level} {<<: [${aliases}], k${level}: *a${level - 1}}`
        : `a${level}: &a${level} [${aliases}]`
    })
    return `${levels.join('\n')}\n`
  }
  test.each<[string, string, RegExp]>([
    ['is no YAML', 'os: [', /Flow/],
    ['is a bomb of aliases', bomb(false), /alias/],
    ['is a bomb of merges', bomb(true), /alias/],
    ['is a ring', 'os: &a [*a]\n', /nested/],
    ['is nested without end', '? '.repeat(50_000), /call stack|takes too much/],
    ['is nested deeply', `os: ${'['.repeat(60)}${']'.repeat(60)}`, /nested/],
    ['holds code', 'os: !!binary aGVsbG8=\n', /neither text/],
    ['says something twice', 'os: 1\nos: 2\n', /unique/],
    ['is two', 'os: 1\n---\nos: 2\n', /several documents/],
    ['is too large', `# ${'x'.repeat(2 ** 20)}\n`, /larger/],
    ['holds a NUL', 'os: "\\0"\n', /NUL|os/],
    [
      'has a time that is none',
      'os:\n  name: warehouse\n  version: 1\n  configurations: {a: {b_install_time: "25:00"}}',
      /time of day/,
    ],
    [
      'names an app twice',
      'os: {name: warehouse, version: 1}\napps: [{package_name: a, version_code: 1}, {package_name: a, version_code: 2}]',
      /twice/,
    ],
  ])('that %s is refused', async (_what, text, message) => {
    const account = await newProject()
    await expect(registerConfig(account, text)).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    })
  })

  test('may have empty places, and components directly under os', async () => {
    const account = await newProject()
    await registerBytes(account, { type: 'apk' }, makeApk(till))
    const text = `os:
  name: warehouse
  version: 3
  mason-fota:
    config_update_install_time: 12:30
  mason-core:
  configurations:
apps:
  -
  - name:
    package_name: com.example.till
    version_code: latest
  - null
media:
`
    expect(await registerConfig(account, text)).toMatchObject({
      config: {
        os: { 'mason-fota': { config_update_install_time: '12:30' }, 'mason-core': null, configurations: null },
        apps: [null, { package_name: 'com.example.till' }, null],
        media: null,
      },
    })
    expect(await finishedBuild(account, 'warehouse', '3')).toMatchObject({
      state: 'COMPLETED',
      manifest: { apps: [{ name: 'com.example.till' }], config: { apps: [{ version_code: 12 }] } },
    })
    await expect(
      registerConfig(account, 'os: {name: warehouse, version: 4, mason-fota: {a_install_time: "25:00"}}'),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: '/os/mason-fota/a_install_time' }] })
  })

  test('is told every fault at once', async () => {
    const account = await newProject()
    await expect(
      registerConfig(
        account,
        'os: {version: 0}\napps: [{package_name: 7, version_code: -1}]\nmedia: {splash: {name: a}}',
      ),
    ).rejects.toMatchObject({
      status: 400,
      errors: expect.arrayContaining([
        { path: '/os/name', message: 'is required' },
        { path: '/os/version', message: expect.anything() },
        { path: '/apps/0/package_name', message: expect.anything() },
        { path: '/apps/0/version_code', message: expect.anything() },
        { path: '/media/splash/version', message: 'is required' },
      ]),
    })
  })
})

test('the list is paged in the order of registration, both ways', async () => {
  const account = await platform.newAccount()
  const names = ['zebra', 'apple', 'mango', 'berry', 'lemon']
  for (const [place, name] of names.entries()) await registerMedia(account, name, place + 1)
  const first = await account.call(listArtifacts, { limit: 2 })
  const middle = await account.call(listArtifacts, { limit: 2, after: first.nextPage })
  const last = await account.call(listArtifacts, { limit: 2, after: middle.nextPage })
  expect([first, middle, last].flatMap(({ data }) => data.map(({ name }) => name))).toEqual(names)
  expect([first.prevPage, last.nextPage]).toEqual([undefined, undefined])
  expect((await account.call(listArtifacts, { limit: 2, before: last.prevPage })).data).toEqual(middle.data)
})
