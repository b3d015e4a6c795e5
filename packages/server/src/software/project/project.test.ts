import { listEvents } from '@mason/contract/event'
import { createBuild, createProject, getBuild, getProject, listBuilds, listProjects } from '@mason/contract/project'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { buildProject, finishedBuild, registerApk, registerConfig, registerMedia } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'
import { officialCli } from '../../../test/official-cli.ts'

const platform = usePlatform()

test('projects have names of their own', async () => {
  const { call } = await platform.newAccount()
  const [made] = (await call(createProject, { name: 'warehouse' })).data
  expect(made).toEqual({ name: 'warehouse', self: '/v1/default/project/warehouse', createdAt: expect.any(String) })
  expect((await call(getProject, { name: 'warehouse' })).data).toEqual([made])
  expect((await call(listProjects)).data).toEqual([made])
  await expect(call(createProject, { name: 'warehouse' })).rejects.toMatchObject({ status: 409 })
  await expect(call(createProject, { name: 'a/b' })).rejects.toMatchObject({ status: 400 })
  await expect(call(listBuilds, { name: 'nothing' })).rejects.toMatchObject({ status: 404 })
})

describe('a build', () => {
  test('fixes what devices install, whatever is registered later', async () => {
    const account = await platform.newAccount()
    await account.call(createProject, { name: 'warehouse' })
    const first = await registerApk(account, 'com.example.till', 1)
    const animation = await registerMedia(account, 'boot', 1)
    await registerConfig(
      account,
      'os: {name: warehouse, version: 1}\napps: [{package_name: com.example.till, version_code: latest, presence_required: true}]\nmedia: {bootanimation: {name: boot, version: latest}}',
    )
    const build = await finishedBuild(account, 'warehouse', '1')
    expect(build).toMatchObject({
      state: 'COMPLETED',
      manifest: {
        project: 'warehouse',
        version: '1',
        config: {
          os: { name: 'warehouse', version: '1' },
          apps: [{ package_name: 'com.example.till', version_code: 1, presence_required: true }],
          media: { bootanimation: { name: 'boot', version: 1 } },
        },
        apps: [{ name: 'com.example.till', version: '1', sha256: first.checksum.sha256, size: first.size }],
        media: [{ type: 'bootanimation', name: 'boot', version: '1', sha256: animation.checksum.sha256 }],
      },
    })
    await registerApk(account, 'com.example.till', 2)
    await account.call(createBuild, { name: 'warehouse', version: '1' })
    expect((await account.call(getBuild, { name: 'warehouse', version: '1' })).data).toEqual([build])
    expect((await account.call(listBuilds, { name: 'warehouse' })).data).toEqual([build])
    expect((await account.call(listEvents, { type: 'build.finished' })).data).toMatchObject([
      { subject: { kind: 'build', id: 'warehouse/1' }, data: { state: 'COMPLETED' } },
    ])
  })

  test('that failed says all that it lacks, and is tried again', async () => {
    const account = await platform.newAccount()
    await account.call(createProject, { name: 'warehouse' })
    expect(await finishedBuild(account, 'warehouse', '7')).toMatchObject({
      state: 'FAILED',
      errors: ['The config warehouse version 7 is not registered'],
    })
    const { state, errors } =
      (await buildProject(account, { name: 'warehouse', version: 7, apps: { 'a.b': 1, 'c.d': 2 } })) ?? {}
    expect({ state, errors }).toEqual({
      state: 'FAILED',
      errors: ['The app a.b version 1 is not registered', 'The app c.d version 2 is not registered'],
    })
    await registerApk(account, 'a.b', 1)
    await registerApk(account, 'c.d', 2)
    expect(await finishedBuild(account, 'warehouse', '7')).toMatchObject({ state: 'COMPLETED' })
  })

  test('is one, however many ask for it side by side', async () => {
    const account = await platform.newAccount()
    await account.call(createProject, { name: 'warehouse' })
    await registerConfig(account, 'os: {name: warehouse, version: 1}')
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => account.call(createBuild, { name: 'warehouse', version: '1' })),
    )
    expect(new Set(asked.map(({ data }) => data[0]?.id)).size).toBe(1)
    await finishedBuild(account, 'warehouse', '1')
    expect((await account.call(listEvents, { type: 'build.finished' })).data).toHaveLength(1)
  })

  test('has an id of its own, however many projects are built side by side', async () => {
    const account = await platform.newAccount()
    const names = Array.from({ length: 24 }, (_, index) => `project-${index}`)
    for (const name of names) await account.call(createProject, { name })
    const { rows } = await platform.database.query<{ name: string }>(
      sql`SELECT name FROM account WHERE id = ${account.accountId}`,
    )
    const cli = officialCli(platform.url, account.key, rows[0]?.name ?? '')
    const started = await Promise.all(
      names.map(async (name) => {
        const { status, text } = await cli.startBuild(name, '1')
        expect(status, text).toBe(200)
        return JSON.parse(text).data.submittedAt as number
      }),
    )
    expect(new Set(started).size).toBe(names.length)
  })

  test('is of a whole number, or of the config that was registered last', async () => {
    const account = await platform.newAccount()
    await account.call(createProject, { name: 'warehouse' })
    const build = (version: string) => account.call(createBuild, { name: 'warehouse', version })
    for (const version of ['0', '01', '1.0', '2147483648', 'tills', '-1'])
      await expect(build(version)).rejects.toMatchObject({ status: 400, errors: [{ path: '/version' }] })
    await expect(build('latest')).rejects.toMatchObject({ status: 404 })
    for (const version of [3, 2]) await registerConfig(account, `os: {name: warehouse, version: ${version}}`)
    expect((await build('latest')).data).toMatchObject([{ version: '2' }])
  })
})
