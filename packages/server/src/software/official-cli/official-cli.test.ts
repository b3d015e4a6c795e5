import { createGroup } from '@mason/contract/group'
import { createProject } from '@mason/contract/project'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { makeApk } from '../../../test/apk/make.ts'
import { bootAnimation, registerBytes } from '../../../test/artifacts.ts'
import { eventually } from '../../../test/eventually.ts'
import { exchange, type RawAnswer } from '../../../test/exchange.ts'
import { usePlatform } from '../../../test/harness.ts'
import { officialCli } from '../../../test/official-cli.ts'

const platform = usePlatform()
const json = ({ text }: RawAnswer) => JSON.parse(text)

async function newCustomer() {
  const account = await platform.newAccount()
  const { rows } = await platform.database.query<{ name: string }>(
    sql`SELECT name FROM account WHERE id = ${account.accountId}`,
  )
  const customer = rows[0]?.name ?? ''
  return { account, customer, cli: officialCli(platform.url, account.key, customer) }
}

const apk = (versionCode = 12) => ({
  name: 'com.example.till',
  version: String(versionCode),
  type: 'apk' as const,
  bytes: makeApk({ packageName: 'com.example.till', versionCode, versionName: '1.2' }),
  contentType: 'application/vnd.android.package-archive',
  meta: { apk: { versionName: '1.2', versionCode: String(versionCode), packageName: 'com.example.till' } },
})
const boot = {
  name: 'boot',
  version: '1',
  type: 'media' as const,
  bytes: bootAnimation(),
  meta: { media: { type: 'bootanimation' } },
}
const config = (version = 1, code: number | string = 12, install = '750') => ({
  name: 'warehouse',
  version: String(version),
  type: 'config' as const,
  contentType: 'text/x-yaml',
  bytes: Buffer.from(`apps:
- name: Till
  package_name: com.example.till
  version_code: ${code}
media:
  bootanimation:
    name: boot
    version: latest
os:
  configurations:
    mason-fota:
      config_update_install_time: ${install}
  name: warehouse
  version: ${version}
`),
})

describe('the official CLI', () => {
  test('registers what it parsed, and reads it back', async () => {
    const { account, cli } = await newCustomer()
    await account.call(createProject, { name: 'warehouse' })
    expect(json(await cli.projects())).toEqual([{ name: 'warehouse' }])
    const answers = await Promise.all([
      cli.register(apk()),
      cli.register(boot, { slash: '/' }),
      cli.register(config(), { noContentType: true }),
    ])
    expect(answers.map(({ status, text }) => [status, status === 200 || text])).toEqual(Array(3).fill([200, true]))
    expect(json(await cli.versions('apk', 'com.example.till'))).toEqual([
      expect.objectContaining({
        name: 'com.example.till',
        type: 'apk',
        version: '12',
        createdAt: expect.stringMatching(/Z$/),
        checksum: expect.objectContaining({ sha1: expect.stringMatching(/^[0-9a-f]{40}$/) }),
      }),
    ])
    expect(json(await cli.versions('apk', 'com.example.unknown'))).toEqual([])
    expect(json(await cli.artifact('config', 'warehouse', '1'))).toMatchObject({
      version: '1',
      config: { os: { configurations: { 'mason-fota': { config_update_install_time: '12:30' } } } },
    })
    const unknown = await cli.artifact('apk', 'com.example.till', '13')
    expect(unknown.status).toBe(404)
    expect(json(unknown)).toEqual({
      type: 'not_found_error',
      message: 'There is no such artifact',
      requestId: expect.any(String),
      error: 'not_found_error',
      details: 'There is no such artifact',
    })
  })

  test('is told that a version already exists, and the stored file stays', async () => {
    const { cli } = await newCustomer()
    await cli.register(apk())
    const before = json(await cli.artifact('apk', 'com.example.till', '12'))
    const again = await cli.register({
      ...apk(),
      bytes: makeApk({ packageName: 'com.example.till', versionCode: 12, versionName: '1.2', schemes: ['v1'] }),
    })
    expect(again.status).toBe(409)
    expect(`${json(again).error}: ${json(again).details}`).toContain('already exists')
    expect(json(await cli.artifact('apk', 'com.example.till', '12'))).toEqual(before)
  })

  test('is told which project a config lacks', async () => {
    const { cli } = await newCustomer()
    const refused = json(await cli.register(config()))
    expect(refused).toMatchObject({
      error: expect.any(String),
      details: expect.any(String),
      itemized: [{ code: '8f92ccpl', message: 'The project warehouse was not found' }],
    })
  })

  test('cannot say other than the bytes do', async () => {
    const { cli } = await newCustomer()
    const lie = await cli.register({ ...apk(), meta: { apk: { ...apk().meta.apk, versionCode: '99' } } })
    expect(lie.status).toBe(400)
    expect(json(lie).details).toContain('99')
    expect((await cli.register({ ...apk(), version: '13' })).status).toBe(400)
    expect((await cli.register({ ...boot, meta: { media: { type: 'splash' } } })).status).toBe(400)
    expect(json(await cli.versions('apk', 'com.example.till'))).toEqual([])
  })

  test('builds, waits, and reads why a build failed', async () => {
    const { account, cli } = await newCustomer()
    await account.call(createProject, { name: 'warehouse' })
    await cli.register(config())
    const { data } = json(await cli.startBuild('warehouse', '1', { masonVersion: '2.14' }))
    expect(data).toEqual({ submittedAt: expect.any(Number), status: 'SUBMITTED' })
    const failed = await eventually(async () => {
      const answer = await cli.pollBuild(data.submittedAt)
      expect(answer.status).not.toBe(200)
      return answer
    })
    expect(json(failed).details).toBe(
      'The build of warehouse version 1 failed: The app com.example.till version 12 is not registered; The bootanimation boot is not registered',
    )
    await Promise.all([cli.register(apk()), cli.register(boot)])
    const again = json(await cli.startBuild('warehouse', '1')).data
    expect(again.submittedAt).toBe(data.submittedAt)
    await eventually(async () =>
      expect(json(await cli.pollBuild(data.submittedAt))).toEqual({
        data: { submittedAt: data.submittedAt, status: 'COMPLETED' },
      }),
    )
    expect(json(await cli.startBuild('warehouse', '1')).data).toEqual({ ...again, status: 'COMPLETED' })
    expect((await cli.startBuild('nothing', '1')).status).toBe(404)
    expect((await cli.pollBuild(1)).status).toBe(404)
  })

  test('is asked what it means when the version of an OTA is none', async () => {
    const { account, cli } = await newCustomer()
    await account.call(createGroup, { name: 'store12' })
    const deploy = (version: string) =>
      cli.deploy({ group: 'unassigned', name: 'mason-os', type: 'ota', push: true, version })
    // `mason deploy ota 2.13.0 tills kiosks`
    for (const version of ['tills', 'store12']) {
      const refused = await deploy(version)
      expect(refused.status).toBe(400)
      expect(json(refused).details).toMatch(/not registered.*mason deploy ota mason-os <version> <group>/)
    }
    for (const version of ['2.13.0', '2.14.0-rc1', 'R12']) {
      const taken = await deploy(version)
      expect(taken.status, taken.text).toBe(200)
    }
    await registerBytes(account, { type: 'ota', version: 'nightly' }, Buffer.from('update'))
    expect((await deploy('nightly')).status).toBe(200)
  })

  test('of another customer sees nothing', async () => {
    const [one, other] = [await newCustomer(), await newCustomer()]
    await one.cli.register(apk())
    const thief = officialCli(platform.url, other.account.key, one.customer)
    for (const answer of [
      await thief.projects(),
      await thief.versions('apk', 'com.example.till'),
      await thief.artifact('apk', 'com.example.till', '12'),
      await thief.register(apk(13)),
      await thief.startBuild('warehouse', '1'),
    ])
      expect(answer.status).toBe(404)
    expect(json(await exchange(platform.url, { path: `/api/dashboard/projects/${one.customer}` }))).toMatchObject({
      type: 'authentication_error',
      error: 'authentication_error',
      details: expect.any(String),
    })
  })

  test('answers side by side on one connection', async () => {
    const { cli } = await newCustomer()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => cli.register(apk(index + 1))))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(json(await cli.versions('apk', 'com.example.till'))).toHaveLength(20)
  })
})
