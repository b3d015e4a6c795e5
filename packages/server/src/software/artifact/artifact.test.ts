import { hash } from 'node:crypto'
import { createArtifact, listArtifacts, listVersions } from '@mason/contract/artifact'
import { createDeployment } from '@mason/contract/deployment'
import { createProject } from '@mason/contract/project'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { makeApk } from '../../../test/apk/make.ts'
import { registerBytes, registerMedia, uploadBytes } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'
import { officialCli } from '../../../test/official-cli.ts'

const platform = usePlatform()
const till = { packageName: 'com.example.till', versionCode: 12 }

test('a version is registered once, whoever is first, and never changes', async () => {
  const account = await platform.newAccount()
  const urls = await Promise.all(
    ['a', 'b', 'c'].map(async (data) => {
      const bytes = makeApk({ ...till, entries: [{ name: 'assets/x', data }] })
      return (await uploadBytes(account, 'apk', bytes)).url
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
    const { url } = await uploadBytes(account, 'ota', Buffer.from('x'))
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

test('the list is paged in the order of registration, both ways', async () => {
  const account = await platform.newAccount()
  const names = ['zebra', 'apple', 'mango', 'berry', 'lemon']
  for (const [index, name] of names.entries()) await registerMedia(account, name, index + 1)
  const first = await account.call(listArtifacts, { limit: 2 })
  const middle = await account.call(listArtifacts, { limit: 2, after: first.nextPage })
  const last = await account.call(listArtifacts, { limit: 2, after: middle.nextPage })
  expect([first, middle, last].flatMap(({ data }) => data.map(({ name }) => name))).toEqual(names)
  expect([first.prevPage, last.nextPage]).toEqual([undefined, undefined])
  expect((await account.call(listArtifacts, { limit: 2, before: last.prevPage })).data).toEqual(middle.data)
})
