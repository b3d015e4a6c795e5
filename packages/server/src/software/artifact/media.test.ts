import { describe, expect, test } from 'vitest'
import { zip } from '../../../test/apk/zip.ts'
import { bootAnimation, png, registerBytes, registerMedia, scrcpyServer } from '../../../test/artifacts.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

describe('media', () => {
  test('are what their bytes are', async () => {
    const account = await platform.newAccount()
    expect(await registerMedia(account, 'boot', 0)).toMatchObject({ version: '0', media: { type: 'bootanimation' } })
    expect(await registerMedia(account, 'logo', 1, png)).toMatchObject({ media: { type: 'splash' } })
    expect(
      await registerBytes(account, { type: 'media', name: 'scrcpy-server', version: '3.3.3' }, scrcpyServer()),
    ).toMatchObject({ version: '3.3.3', media: { type: 'scrcpy-server' } })
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

  test('a scrcpy server has the one name that is looked for, and the version of scrcpy', async () => {
    const account = await platform.newAccount()
    await expect(
      registerBytes(account, { type: 'media', name: 'mirror', version: '3.3.3' }, scrcpyServer()),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: '/name' }] })
    await expect(
      registerBytes(account, { type: 'media', name: 'scrcpy-server', version: 'v3.3.3' }, scrcpyServer()),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: '/version' }] })
  })

  test('an OTA has the one name that can be deployed', async () => {
    const account = await platform.newAccount()
    await expect(
      registerBytes(account, { type: 'ota', name: 'other', version: '1' }, Buffer.from('update')),
    ).rejects.toMatchObject({ status: 400, errors: [{ path: '/name' }] })
  })
})
