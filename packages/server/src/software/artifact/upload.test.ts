import { hash } from 'node:crypto'
import { request } from 'node:http'
import { createArtifact, getArtifact } from '@mason/contract/artifact'
import { describe, expect, test } from 'vitest'
import { makeApk } from '../../../test/apk/make.ts'
import { offerUpload, putUpload, uploadBytes } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform({ UPLOAD_MAX_BYTES: String(8 * 2 ** 20) })
const till = { packageName: 'com.example.till', versionCode: 12 }

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

describe('an upload', () => {
  test('is bound to its signature, its digest and its size', async () => {
    const account = await platform.newAccount()
    const bytes = makeApk(till)
    const { uploadUrl, url } = await offerUpload(account, { type: 'apk', md5: hash('md5', bytes) })
    expect(await putUpload(platform, { uploadUrl, url }, Buffer.from('other'))).toMatchObject({ status: 400 })
    expect(
      await putUpload(platform, { uploadUrl: uploadUrl.replace('type=apk', 'type=ota'), url }, bytes),
    ).toMatchObject({
      status: 403,
    })
    expect(await putUpload(platform, { uploadUrl: url, url }, bytes)).toMatchObject({ status: 403 })
    expect(await putUpload(platform, { uploadUrl, url }, bytes)).toMatchObject({
      status: 200,
      answer: { data: [{ size: bytes.length }] },
    })
    expect(await putUpload(platform, { uploadUrl, url }, bytes)).toMatchObject({ status: 200 })
    const large = await offerUpload(account, { type: 'ota' })
    expect(await putUpload(platform, large, Buffer.alloc(8 * 2 ** 20 + 1))).toMatchObject({ status: 400 })
    expect(await putUpload(platform, large, Buffer.alloc(8 * 2 ** 20))).toMatchObject({ status: 200 })
  })

  test.each(['apk', 'config', 'media', 'ota'] as const)('of %s is refused before it has arrived', async (type) => {
    const account = await platform.newAccount()
    const announced = await offerUpload(account, { type })
    expect(await cutOff(announced.uploadUrl, { 'content-length': 1.5 * 2 ** 30 }, 0)).toBe(400)
    expect(await cutOff((await offerUpload(account, { type })).uploadUrl, {}, 9 * 2 ** 20)).toBe(400)
  })

  test('of a config is refused once it is too large for one', async () => {
    const account = await platform.newAccount()
    expect(await cutOff((await offerUpload(account, { type: 'config' })).uploadUrl, {}, 300 * 2 ** 10)).toBe(400)
  })

  test('is of one account', async () => {
    const [account, other] = [await platform.newAccount(), await platform.newAccount()]
    const { url } = await uploadBytes(account, 'apk', makeApk(till))
    await expect(other.call(createArtifact, { url, type: 'apk' })).rejects.toMatchObject({ status: 400 })
    await account.call(createArtifact, { url, type: 'apk' })
    await expect(other.call(getArtifact, { type: 'apk', name: till.packageName, version: '12' })).rejects.toMatchObject(
      { status: 404 },
    )
  })
})
