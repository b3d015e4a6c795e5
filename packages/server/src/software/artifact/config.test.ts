import { createProject } from '@mason/contract/project'
import { describe, expect, test } from 'vitest'
import { makeApk } from '../../../test/apk/make.ts'
import { finishedBuild, registerBytes, registerConfig } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const till = { packageName: 'com.example.till', versionCode: 12 }

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
      'appears twice',
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
