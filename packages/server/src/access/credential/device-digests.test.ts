import { hash, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DeviceDigests } from './device-digests.ts'

const hashOf = (secret: string) => hash('sha256', secret, 'hex')
const newDevices = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    secretHash: hashOf(`secret ${index}`),
    accountId: `account ${index % 7}`,
  }))

describe('the digests of devices', () => {
  test('find what was set last and was not deleted, however often they grow', () => {
    const digests = new DeviceDigests()
    const devices = newDevices(5_000)
    for (const device of devices) digests.set(device.id, device)
    expect(digests.size).toBe(5_000)
    for (const [index, device] of devices.entries()) {
      expect(digests.find(device.id, device.secretHash)).toBe(device.accountId)
      if (index % 3 === 0) digests.delete(device.id)
      if (index % 3 === 1) digests.set(device.id, { accountId: 'another', secretHash: hashOf(`new ${index}`) })
    }
    const found = devices.map(({ id, secretHash }) => digests.find(id, secretHash))
    expect(found).toEqual(devices.map(({ accountId }, index) => (index % 3 === 2 ? accountId : undefined)))
    const foundNew = devices.map(({ id }, index) => digests.find(id.toUpperCase(), hashOf(`new ${index}`)))
    expect(foundNew).toEqual(devices.map((_, index) => (index % 3 === 1 ? 'another' : undefined)))
  })

  test('forget a device only for the secret that has ended', () => {
    const digests = new DeviceDigests()
    const [device] = newDevices(1)
    if (!device) throw new Error('there is a device')
    digests.set(device.id, device)
    digests.delete(device.id, hashOf('an older one'))
    expect(digests.find(device.id, device.secretHash)).toBe(device.accountId)
    digests.delete(device.id, device.secretHash)
    expect(digests.find(device.id, device.secretHash)).toBeUndefined()
    expect(digests.size).toBe(0)
  })

  test('know nobody by what is no id', () => {
    const digests = new DeviceDigests()
    for (const id of ['', 'x', `${randomUUID().slice(1)}g`, '-'.repeat(36)]) {
      digests.set(id, { accountId: 'a', secretHash: hashOf('s') })
      expect(digests.find(id, hashOf('s'))).toBeUndefined()
    }
    expect(digests.find(randomUUID(), hashOf('s'))).toBeUndefined()
  })

  test('find many of a fleet that is larger than they are and comes by turns', () => {
    const digests = new DeviceDigests(2 ** 10)
    const devices = newDevices(1_000)
    let found = 0
    for (let round = 0; round < 20; round++)
      for (const device of devices)
        if (digests.find(device.id, device.secretHash)) found++
        else digests.set(device.id, device)
    expect(digests.size).toBe(768)
    expect(found / 19 / devices.length).toBeGreaterThan(0.4)
  })
})
