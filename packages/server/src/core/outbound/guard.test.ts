import type { LookupAddress } from 'node:dns'
import { expect, test } from 'vitest'
import { Guard, isPublic } from './guard.ts'

test.each([
  ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.100.100.200', '0.0.0.0'],
  ...['168.63.129.16', '224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:10.0.0.1', '::127.0.0.1', '::7f00:1'],
  ...['64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::8.8.8.8', '64:ff9b::0.0.0.1'],
  ...['2002:7f00:1::', '2002:808:808::1', '2001::1', '2001:db8::1', '3fff::1', '4000::1', 'nothing'],
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false)
})

test.each([
  ...['8.8.8.8', '1.1.1.1', '100.63.0.1', '172.32.0.1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '64:ff9b::808:808'],
  ...['2606:4700::1111', '2a00:1450:4001:81b::200e'],
])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true)
})

/** What a socket would connect to. */
const found = (guard: Guard, name: string) =>
  new Promise<string[]>((resolve, reject) => {
    guard.lookup(name, { all: true }, (error, addresses) =>
      error ? reject(error) : resolve((addresses as LookupAddress[]).map(({ address }) => address)),
    )
  })

test('what is judged is what the name says at that moment, and only public addresses are left of it', async () => {
  const answers = [['8.8.8.8', '10.0.0.1'], ['127.0.0.1'], ['::1', '169.254.169.254']]
  const guard = new Guard([], 'SETTING', async () => answers.shift() ?? [])
  expect(await found(guard, 'rebinding.example')).toEqual(['8.8.8.8'])
  await expect(found(guard, 'rebinding.example')).rejects.toThrow(
    'rebinding.example (127.0.0.1) is not on the public internet; SETTING can allow it',
  )
  await expect(found(guard, 'rebinding.example')).rejects.toThrow('(::1, 169.254.169.254)')
})

test('hosts and addresses that are listed are allowed, and nothing beside them', async () => {
  const guard = new Guard(['Tickets.Internal', '10.0.0.7', '0:0:0:0:0:0:0:1'], 'SETTING', async () => ['10.0.0.8'])
  expect(await found(guard, 'tickets.internal')).toEqual(['10.0.0.8'])
  expect(await found(guard, 'TICKETS.internal.')).toEqual(['10.0.0.8'])
  await expect(found(guard, 'other.internal')).rejects.toThrow('other.internal (10.0.0.8)')
  guard.check('10.0.0.7')
  guard.check('[::1]')
  guard.check('any.name.is.judged.later')
  expect(() => guard.check('10.0.0.8')).toThrow('10.0.0.8 is not on the public internet')
  expect(() => guard.check('[::ffff:a00:8]')).toThrow('is not on the public internet')
})
