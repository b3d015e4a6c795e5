import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { startFakePlatform } from '../../test/fake-platform.ts'
import { fixtureHost } from '../../test/fixture-host.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { readCredential } from '../credential/credential.ts'
import { enrollHost } from './enroll-host.ts'

const files = {
  '/sys/class/dmi/id/product_serial': 'S1',
  '/sys/class/dmi/id/product_family': 'F1',
  '/proc/sys/kernel/random/boot_id': 'boot-1',
}

test('enrolls with what the hardware says, tries again, and keeps the credential', async () => {
  await using platform = await startFakePlatform()
  await using host = await fixtureHost({ files })
  await using directory = await temporaryDirectory()
  const { call } = createClient({ baseUrl: platform.url, delay: async () => {} })
  const state = join(directory.path, 'credential.json')
  const lines: string[] = []
  platform.replies.push({ status: 503 }, {})

  const options = { server: platform.url, token: platform.token, name: 'till 1', state }
  await enrollHost(options, { host, call, log: (line) => lines.push(line) })

  const { token } = platform
  expect(platform.enrollments).toEqual([{ token, serialnumber: 'S1', family: 'F1', bootId: 'boot-1', name: 'till 1' }])
  const { server, ...credential } = await readCredential(state)
  expect(server).toBe(platform.url)
  expect(credential).toEqual({ ...platform.credentials.get('S1'), checkinSeconds: 900 })
  expect(lines[0]).toBe('serial number S1 (from DMI product_serial)')
})

test('does not enroll when the credential could not be kept', async () => {
  await using platform = await startFakePlatform()
  await using host = await fixtureHost({ files })
  await using directory = await temporaryDirectory()
  const blocked = join(directory.path, 'file')
  await writeFile(blocked, '')
  const { call } = createClient({ baseUrl: platform.url })
  const options = { server: platform.url, token: platform.token, state: join(blocked, 'credential.json') }
  await expect(enrollHost(options, { host, call, log: () => {} })).rejects.toThrow()
  expect(platform.enrollments).toEqual([])
})

test('a host without a serial number needs one given', async () => {
  await using platform = await startFakePlatform()
  await using host = await fixtureHost({ files: { '/proc/sys/kernel/random/boot_id': 'boot-1' } })
  await using directory = await temporaryDirectory()
  const { call } = createClient({ baseUrl: platform.url })
  const options = { server: platform.url, token: platform.token, state: join(directory.path, 'c.json') }
  await expect(enrollHost(options, { host, call, log: () => {} })).rejects.toThrow('--serial')
  await enrollHost({ ...options, serial: 'given' }, { host, call, log: () => {} })
  expect(platform.enrollments).toMatchObject([{ serialnumber: 'given' }])
})
