import { createArtifact, createUpload } from '@mason/contract/artifact'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeApk, newSigningKey, signedFiles } from '../../../../test/apk/make.ts'
import type { ManifestFields } from '../../../../test/apk/manifest.ts'
import { type ZipEntry, zip } from '../../../../test/apk/zip.ts'
import { exchange } from '../../../../test/exchange.ts'
import { type TestAccount, usePlatform } from '../../../../test/harness.ts'

const platform = usePlatform()
const till = { packageName: 'com.example.till', versionCode: 12 }
let account: TestAccount
beforeAll(async () => {
  account = await platform.newAccount()
})

/** Uploads and registers, in an account of its own where it is to be taken. */
async function register(bytes: Buffer, by = account) {
  const { uploadUrl = '', url = '' } = (await by.call(createUpload, { type: 'apk' })).data[0] ?? {}
  const path = uploadUrl.slice(platform.url.length)
  expect((await exchange(platform.url, { method: 'PUT', path, body: bytes })).status).toBe(200)
  return (await by.call(createArtifact, { type: 'apk', url })).data[0]?.apk
}

const expectRefusal = (bytes: Buffer, message: RegExp) =>
  expect(register(bytes)).rejects.toMatchObject({ status: 400, message: expect.stringMatching(message) })

describe('an APK that is not the whole app', () => {
  const universal = /upload the universal APK/
  test.each<[string, Partial<ManifestFields>]>([
    ['a configuration split', { split: 'config.xxhdpi' }],
    ['a split of a feature', { split: 'feature.config.de', configForSplit: 'feature' }],
    ['a feature', { split: 'feature', isFeatureSplit: true }],
    ['a feature by its attribute alone', { isFeatureSplit: true }],
    ['one that needs splits, as its manifest says', { isSplitRequired: 'manifest' }],
    ['one that needs splits, as its application says', { isSplitRequired: 'application' }],
    ['one that needs splits of some types', { requiredSplitTypes: 'base__abi,base__density' }],
    ['one that needs splits, as the store says', { metaData: { 'com.android.vending.splits.required': true } }],
    [
      'one that needs splits, as the store says in words',
      { metaData: { 'com.android.vending.splits.required': 'true' } },
    ],
  ])('%s is refused', async (_what, fields) => {
    for (const schemes of [['v1'], ['v2'], ['v1', 'v2', 'v3']] as const)
      await expectRefusal(makeApk({ ...till, ...fields, schemes: [...schemes] }), universal)
  })

  test.each<[string, ZipEntry[]]>([
    [
      'an .apks of bundletool',
      [
        { name: 'toc.pb', data: 'x' },
        { name: 'splits/base-master.apk', data: makeApk(till) },
      ],
    ],
    [
      'an .xapk',
      [
        { name: 'manifest.json', data: '{}' },
        { name: 'com.example.till.apk', data: makeApk(till) },
      ],
    ],
    [
      'an .aab',
      [
        { name: 'BundleConfig.pb', data: 'x' },
        { name: 'base/manifest/AndroidManifest.xml', data: 'x' },
      ],
    ],
  ])('%s is refused', (_what, entries) => expectRefusal(zip(entries), universal))

  test('is told from one that says nothing of splits', async () => {
    const none = { split: '', configForSplit: '', requiredSplitTypes: '' }
    const metaData = { 'com.android.vending.splits.required': false, 'com.android.vending.splits': { reference: 1 } }
    expect(await register(makeApk({ ...till, ...none, metaData }), await platform.newAccount())).toMatchObject(till)
  })
})

describe('a package that Android does not take for a name', () => {
  test.each([
    'till',
    'com.1till',
    'com.till-x',
    'com.till x',
    '1com.till',
    'com/till.x',
    'com.t\u00edll',
    '_com.till',
    '',
  ])('is refused: %j', (packageName) => expectRefusal(makeApk({ ...till, packageName }), /package is|names no package/))
})

describe('a number of the manifest', () => {
  test.each<[string, Partial<ManifestFields>, RegExp]>([
    [
      'a codename for minSdkVersion',
      { minSdkVersion: 'VanillaIceCream' },
      /minSdkVersion is "VanillaIceCream", a preview/,
    ],
    ['a codename for targetSdkVersion', { targetSdkVersion: 'Tiramisu' }, /targetSdkVersion is "Tiramisu", a preview/],
    ['a text for minSdkVersion', { minSdkVersion: '21' }, /minSdkVersion is the text "21"/],
    ['a resource for minSdkVersion', { minSdkVersion: { reference: 0x7f010000 } }, /minSdkVersion is a resource/],
    ['a truth for minSdkVersion', { minSdkVersion: true }, /minSdkVersion is no number/],
    ['a preview for minSdkVersion', { minSdkVersion: 10_000 }, /a preview that no released Android takes/],
    ['a text for versionCode', { versionCode: '12' }, /versionCode is the text "12"/],
    ['a resource for versionCode', { versionCode: { reference: 0x7f010000 } }, /versionCode is a resource/],
    ['a truth for versionCode', { versionCode: true }, /versionCode is no number/],
    ['a negative versionCode', { versionCode: -1 }, /whole number/],
    ['a text for versionCodeMajor', { versionCodeMajor: '1' }, /versionCodeMajor is the text/],
    ['a resource for versionCodeMajor', { versionCodeMajor: { reference: 1 } }, /versionCodeMajor is a resource/],
  ])('that is %s is refused', (_what, fields, message) => expectRefusal(makeApk({ ...till, ...fields }), message))

  test('is 1 for a minSdkVersion that is not there, and what it is otherwise', async () => {
    for (const [minSdkVersion, read] of [
      [undefined, 1],
      [34, 34],
    ] as const)
      expect(
        await register(makeApk({ ...till, ...(minSdkVersion && { minSdkVersion }) }), await platform.newAccount()),
      ).toMatchObject({ minSdkVersion: read })
  })

  test('of a build for tests is not looked at: Android installs none', () =>
    expectRefusal(makeApk({ ...till, testOnly: true }), /testOnly/))
})

describe('an APK that is signed by v1 alone', () => {
  const more: ZipEntry[] = [
    { name: 'assets/empty', data: '' },
    { name: 'res/', data: '' },
    { name: `assets/${'long/'.repeat(30)}name.txt`, data: 'far down' },
    { name: 'lib/arm64-v8a/libtill.so', data: Buffer.alloc(3_000, 'till'), isStored: true },
  ]
  const options = { ...till, schemes: ['v1' as const], entries: more }
  const jars = (['sha1', 'sha256', 'sha384', 'sha512'] as const).flatMap((digest) =>
    [true, false].flatMap((hasWhole) => [true, false].map((isAttested) => ({ digest, hasWhole, isAttested }))),
  )

  test.each(jars)('is taken when everything holds: %o', async (jar) => {
    const apk = await register(zip(signedFiles({ ...options, jar })), await platform.newAccount())
    expect(apk).toMatchObject({ ...till, signatureSchemes: ['v1'] })
  })

  test.each([{ targetSdkVersion: 30 }, { targetSdkVersion: 36 }, { minSdkVersion: 30 }])(
    'is refused for what needs v2: %o',
    (sdk) =>
      expectRefusal(makeApk({ ...till, ...sdk, schemes: ['v1'] }), /v1 alone and targets SDK \d+: sign it by v2/),
  )

  test('may have entries in META-INF that nobody signed, as Android has it', async () => {
    const files = [...signedFiles(options), { name: 'META-INF/services/com.example.Till', data: 'x' }]
    expect(await register(zip(files), await platform.newAccount())).toMatchObject(till)
  })

  type Change = (files: ZipEntry[], index: number, byte: number) => ZipEntry[]
  /** What the certificate says of itself is attested by nobody, so its block is not turned. */
  const isCovered = ({ name, data }: ZipEntry) => !name.endsWith('.RSA') && !name.endsWith('/') && data.length > 0
  const changes: Record<string, Change> = {
    flip: (files, index, byte) => {
      const covered = files.filter(isCovered)
      const chosen = covered[index % covered.length]
      return files.map((file) => {
        if (file !== chosen) return file
        const data = Buffer.from(file.data)
        data.writeUInt8((data[byte % data.length] ?? 0) ^ 0x40, byte % data.length)
        return { ...file, data }
      })
    },
    append: (files, index) => {
      const covered = files.filter(({ name }) => !name.endsWith('/') && !name.startsWith('META-INF/'))
      const chosen = covered[index % covered.length]
      return files.map((file) =>
        file === chosen ? { ...file, data: Buffer.concat([Buffer.from(file.data), Buffer.from('x')]) } : file,
      )
    },
    remove: (files, index) => {
      const removable = files.filter(({ name }) => !name.endsWith('/'))
      return files.filter((file) => file !== removable[index % removable.length])
    },
    insert: (files, index) => files.toSpliced(index % files.length, 0, { name: `assets/new-${index}`, data: 'x' }),
    rename: (files, index) => {
      const chosen = files[index % (files.length - 3)]
      return files.map((file) => (file === chosen ? { ...file, name: `other/${file.name}` } : file))
    },
  }

  test('is refused when any entry was flipped, lengthened, removed, inserted or renamed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...jars),
        fc.constantFrom(...Object.keys(changes)),
        fc.nat(20),
        fc.nat(10_000),
        async (jar, change, index, byte) => {
          const files = signedFiles({ ...options, jar })
          const changed = changes[change]?.(files, index, byte) ?? files
          const isFolder = change === 'rename' && changed.some(({ name }) => name === 'other/res/')
          fc.pre(!isFolder)
          await expect(register(zip(changed)), `${change} ${index} ${byte}`).rejects.toMatchObject({ status: 400 })
        },
      ),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 25), seed: Number(process.env.FUZZ_SEED ?? 20_261_129) },
    )
    // Each is looked into by a thread of its own.
  }, 300_000)

  const other = newSigningKey('CN=Other,O=Example,C=DE')
  const replace = (from: ZipEntry[], name: string, by: ZipEntry[]) =>
    from.map((file) => (file.name === name ? (by.find((one) => one.name === name) ?? file) : file))
  test.each<[string, () => ZipEntry[], RegExp]>([
    [
      'has an entry that is not signed',
      () => signedFiles({ ...options, jar: { unlisted: ['classes.dex'] } }),
      /classes.dex.*added/,
    ],
    [
      'has a list with a wrong digest of a section',
      () => signedFiles({ ...options, jar: { hasWhole: false, wrong: 'classes.dex' } }),
      /MANIFEST.MF was changed.*classes.dex/,
    ],
    [
      'has the signature of somebody else over another list',
      () => replace(signedFiles(options), 'META-INF/CERT.RSA', signedFiles({ ...options, entries: [], key: other })),
      /does not hold/,
    ],
    [
      'has a list of another app',
      () => replace(signedFiles(options), 'META-INF/CERT.SF', signedFiles({ ...options, entries: [] })),
      /does not hold/,
    ],
    [
      'is signed with a debug key',
      () => signedFiles({ ...options, key: newSigningKey('CN=Android Debug,O=Android,C=US') }),
      /debug key/,
    ],
    ['was signed by v2, too', () => signedFiles({ ...options, schemes: ['v1', 'v2'] }), /signed by v2, too/],
    ['was signed by v3, too', () => signedFiles({ ...options, schemes: ['v1', 'v3'] }), /signed by v3, too/],
  ])('is refused when it %s', (_what, make, message) => expectRefusal(zip(make()), message))
})

describe('a signature that is made to be costly is refused', () => {
  const withFile = (name: string, data: string | Buffer) =>
    zip(
      signedFiles({ ...till, schemes: ['v1'] }).map((file) =>
        file.name === name ? { name, data, isStored: true } : file,
      ),
    )

  test.each<[string, () => Buffer]>([
    [
      'a line in a million pieces',
      () => withFile('META-INF/MANIFEST.MF', `Manifest-Version: 1.0\n${' x\n'.repeat(1_000_000)}`),
    ],
    ['a million values', () => withFile('META-INF/CERT.RSA', Buffer.alloc(2_000_000, Buffer.from([5, 0])))],
    [
      'a hundred signers',
      () => {
        const files = signedFiles({ ...till, schemes: ['v1'] })
        const [, list, block] = files.slice(-3)
        const copies = Array.from({ length: 100 }, (_, index) => [
          { name: `META-INF/A${index}.SF`, data: list?.data ?? '' },
          { name: `META-INF/A${index}.RSA`, data: block?.data ?? '' },
        ])
        return zip([...files, ...copies.flat()])
      },
    ],
  ])('%s', (_what, make) => expectRefusal(make(), /^The app was refused/))
})

test('an APK whose v3 signature was taken off is refused', () =>
  expectRefusal(makeApk({ ...till, schemes: ['v1', 'v2', 'v3'], stripped: 'v3' }), /signed by v3, too/))
