import { hash } from 'node:crypto'
import { createArtifact, createUpload, type NewArtifact } from '@mason/contract/artifact'
import { createBuild, createProject, getBuild } from '@mason/contract/project'
import type { Client } from '@mason/sdk/client'
import { expect } from 'vitest'
import { makeApk } from './apk/make.ts'
import { zip } from './apk/zip.ts'
import { eventually } from './eventually.ts'
import { exchange } from './exchange.ts'
import type { Platform, TestAccount } from './harness.ts'

/** A PNG of one pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

export const bootAnimation = () =>
  zip([
    { name: 'desc.txt', data: '1 1 1\np 1 0 part0\n', isStored: true },
    { name: 'part0/0.png', data: png, isStored: true },
  ])

/** What has the form of the scrcpy server, and no program in it. */
export const scrcpyServer = () => zip([{ name: 'classes.dex', data: Buffer.alloc(60_000, 'dex'), isStored: true }])

/** Uploads bytes, to be registered. */
export async function uploadBytes(account: Client, type: NewArtifact['type'], bytes: Buffer) {
  const { data } = await account.call(createUpload, { type, md5: hash('md5', bytes, 'hex') })
  const { uploadUrl = '', url = '' } = data[0] ?? {}
  const put = await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(bytes) })
  if (put.status !== 200) throw Object.assign(new Error(await put.text()), { status: put.status })
  return { url }
}

/** Where an upload goes, as the platform offers it. */
export async function offerUpload(account: TestAccount, input: { type: NewArtifact['type']; md5?: string }) {
  const [offered] = (await account.call(createUpload, input)).data
  return offered ?? { uploadUrl: '', url: '' }
}

/** Sends bytes to an offered upload, which may be refused. */
export async function putUpload(
  platform: Platform,
  { uploadUrl, url }: { uploadUrl: string; url: string },
  body: Buffer,
) {
  const { status, text } = await exchange(platform.url, {
    method: 'PUT',
    path: uploadUrl.slice(platform.url.length),
    body,
  })
  return { status, url, answer: JSON.parse(text) }
}

/** Uploads bytes and registers them, as the Controller does. */
export async function registerBytes(account: Client, input: Omit<NewArtifact, 'url'>, bytes: Buffer) {
  const { url } = await uploadBytes(account, input.type, bytes)
  const answer = await account.call(createArtifact, { ...input, url })
  const [artifact] = answer.data
  if (!artifact) throw new Error('nothing was registered')
  return artifact
}

export const registerApk = (account: Client, packageName: string, versionCode: number, versionName?: string) =>
  registerBytes(
    account,
    { type: 'apk' },
    makeApk({ packageName, versionCode, ...(versionName !== undefined && { versionName }) }),
  )

export const registerConfig = (account: TestAccount, yaml: string) =>
  registerBytes(account, { type: 'config' }, Buffer.from(yaml))

export const registerMedia = (account: TestAccount, name: string, version: number, bytes = bootAnimation()) =>
  registerBytes(account, { type: 'media', name, version: String(version) }, bytes)

/** A project with a config of these apps, built. */
export async function buildProject(
  account: TestAccount,
  { name, version = 1, apps = {} }: { name: string; version?: number; apps?: Record<string, number> },
) {
  await account.call(createProject, { name }).catch((error: { status: number }) => expect(error.status).toBe(409))
  const lines = Object.entries(apps).map(
    ([packageName, code]) => `  - name: App\n    package_name: ${packageName}\n    version_code: ${code}\n`,
  )
  await registerConfig(account, `os:\n  name: ${name}\n  version: ${version}\napps:\n${lines.join('')}`)
  return finishedBuild(account, name, String(version))
}

export async function finishedBuild(account: TestAccount, name: string, version: string) {
  await account.call(createBuild, { name, version })
  return eventually(async () => {
    const [build] = (await account.call(getBuild, { name, version })).data
    expect(build?.state).not.toBe('SUBMITTED')
    return build
  })
}
