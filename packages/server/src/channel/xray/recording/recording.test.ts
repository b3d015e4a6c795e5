import { listAuditEntries } from '@mason/contract/audit'
import { deleteDevice } from '@mason/contract/device'
import { updateAccount } from '@mason/contract/user'
import { getXrayRecording, listXraySessions, type XrayRecording } from '@mason/contract/xray'
import sql from 'sql-template-tag'
import { afterEach, expect, test } from 'vitest'
import { adbMessage, shellPacket } from '../../../../test/adb-bytes.ts'
import { eventually } from '../../../../test/eventually.ts'
import { type TestAccount, usePlatform } from '../../../../test/harness.ts'
import { endXraySides, freed, newSession, newXrayDevice, type XraySide } from '../../../../test/xray.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '900', DEVICE_RATE_BURST: '100000' })
afterEach(endXraySides)

const version = [0x01000001, 1_048_576] as const
const connect = (side: XraySide, banner: string) => side.send(adbMessage('CNXN', ...version, banner))

async function newRecorded() {
  const account = await platform.newAccount()
  await account.call(updateAccount, { xrayShellsRecorded: true })
  const device = await newXrayDevice(platform, account)
  const { client, side } = await newSession(platform, account, device)
  connect(client, 'host::\0')
  connect(side, 'device::\0')
  return { account, device, client, side }
}

const sessionsOf = async (account: TestAccount, device: { id: string }) =>
  (await account.call(listXraySessions, { device: device.id })).data

const pathOf = (id: string) => getXrayRecording.url.replace(':fleet', 'default').replace(':id', id)

/** The header and the events of a recording; what was shown at a stretch is one. */
async function castOf({ key }: TestAccount, { id, bytes }: XrayRecording) {
  const answer = await platform.fetch(pathOf(id), { key })
  expect(answer.headers.get('content-type')).toBe('application/x-asciicast')
  const text = await answer.text()
  expect(Buffer.byteLength(text)).toBe(bytes)
  const [header, ...events] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const stretches: [string, string][] = []
  for (const [, kind, shown] of events) {
    const last = stretches.at(-1)
    if (kind === 'o' && last?.[0] === 'o') last[1] += shown
    else stretches.push([kind, shown])
  }
  return { header, events: stretches }
}

test('what the shells of a session show is recorded, each by itself, and nothing else', async () => {
  const { account, device, client, side } = await newRecorded()
  // Two shells, one of either protocol, and a file.
  client.send(adbMessage('OPEN', 1, 0, 'shell,v2,TERM=xterm-256color,pty:\0'))
  client.send(adbMessage('OPEN', 2, 0, 'shell:\0'))
  client.send(adbMessage('OPEN', 3, 0, 'sync:\0'))
  client.send(adbMessage('OPEN', 4, 0, 'shell,v2,raw:cat secret\0'))
  client.send(adbMessage('WRTE', 1, 11, shellPacket(5, '40x132,0x0\0')))
  client.send(adbMessage('WRTE', 1, 11, shellPacket(0, 'a password')))
  await expect.poll(() => side.bytes().includes('a password')).toBe(true)
  // A letter of three bytes comes in two messages, whose borders are not those of frames.
  const euro = Buffer.from('€')
  const stream = Buffer.concat([
    adbMessage('OKAY', 11, 1),
    adbMessage('WRTE', 11, 1, shellPacket(1, Buffer.concat([Buffer.from('$ '), euro.subarray(0, 1)]))),
    adbMessage('WRTE', 13, 3, 'DATA of a file'),
    adbMessage('WRTE', 14, 4, shellPacket(1, 'no terminal')),
    adbMessage('WRTE', 12, 2, 'plain'),
    adbMessage('WRTE', 11, 1, shellPacket(2, euro.subarray(1))),
    adbMessage('CLSE', 12, 2),
  ])
  for (let start = 0; start < stream.length; start += 7) side.send(stream.subarray(start, start + 7))
  await expect.poll(() => client.bytes().includes(adbMessage('CLSE', 12, 2))).toBe(true)
  client.send(adbMessage('WRTE', 1, 11, shellPacket(5, '50x100,0x0\0')))
  client.send(adbMessage('CLSE', 1, 11))
  await expect.poll(() => side.bytes().includes(adbMessage('CLSE', 1, 11))).toBe(true)
  client.vanish()
  await freed(account, device)

  const recordings = await eventually(async () => {
    const [session] = await sessionsOf(account, device)
    expect(session?.recorded).toBe(true)
    expect(session?.recordings).toHaveLength(2)
    return session?.recordings ?? []
  })
  const casts = await Promise.all(recordings.map((recording) => castOf(account, recording)))
  expect(casts).toMatchObject([
    {
      header: { version: 2, width: 132, height: 40, env: { TERM: 'xterm-256color' } },
      events: [
        ['o', '$ €'],
        ['r', '100x50'],
      ],
    },
    { header: { version: 2, width: 80, height: 24 }, events: [['o', 'plain']] },
  ])
  const { data } = await account.call(listAuditEntries, { action: 'getXrayRecording' })
  expect(data).toHaveLength(2)
  const outsider = await platform.newAccount()
  expect((await platform.fetch(pathOf(recordings[0]?.id ?? ''), { key: outsider.key })).status).toBe(404)
})

test('a shell is followed when its connection was cut in the midst of a message, and made anew', async () => {
  const { account, device, client, side } = await newRecorded()
  client.send(adbMessage('OPEN', 1, 0, 'shell:\0').subarray(0, 20))
  side.send(adbMessage('WRTE', 11, 9, 'x'.repeat(100)).subarray(0, 50))
  await expect.poll(() => client.bytes().length).toBeGreaterThan(70)
  client.send('client:fail')
  client.send('client:ok')
  connect(client, 'host::\0')
  client.send(adbMessage('OPEN', 1, 0, 'shell:\0'))
  await expect.poll(() => side.bytes().includes('shell:')).toBe(true)
  side.send(Buffer.concat([adbMessage('CNXN', ...version, 'device::\0'), adbMessage('WRTE', 11, 1, 'again')]))
  await expect.poll(() => client.bytes().includes('again')).toBe(true)
  client.vanish()
  const recording = await eventually(async () => {
    const [session] = await sessionsOf(account, device)
    expect(session?.recordings).toHaveLength(1)
    return session?.recordings?.[0]
  })
  expect(recording && (await castOf(account, recording)).events).toEqual([['o', 'again']])
})

test('what is shown is sealed, and goes with its device or past its days', async () => {
  const { account, device, client, side } = await newRecorded()
  client.send(adbMessage('OPEN', 1, 0, 'shell:\0'))
  await expect.poll(() => side.bytes().includes('shell:')).toBe(true)
  side.send(adbMessage('WRTE', 11, 1, 'the plain text'))
  await expect.poll(() => client.bytes().includes('the plain text')).toBe(true)
  client.vanish()
  await eventually(async () => expect((await sessionsOf(account, device))[0]?.recordings).toHaveLength(1))
  const rowsOf = async (table: 'xray_recording' | 'xray_recording_part' | 'xray_session') => {
    const { rows } = await platform.database.pool.query(`SELECT * FROM ${table} WHERE account_id = $1`, [
      account.accountId,
    ])
    return rows
  }
  const [part] = await rowsOf('xray_recording_part')
  expect(part.sealed.includes('plain')).toBe(false)
  const kept = await platform.fetch(`/v1/default/device/${device.id}/data`, { key: account.key })
  expect(await kept.text()).toContain('"kind":"xray"')
  await account.call(deleteDevice, { id: device.id, erase: true })
  for (const table of ['xray_recording_part', 'xray_recording', 'xray_session'] as const)
    await eventually(async () => expect(await rowsOf(table)).toEqual([]))

  const old = '01000000-0000-7000-8000-000000000000'
  await platform.database.query(sql`
    INSERT INTO xray_recording_part (account_id, id, recording_id, device_id, sealed)
    VALUES (${account.accountId}, ${old}, ${old}, ${device.id}, '')`)
  await platform.runJob('forget-xray-recording-parts')
  expect(await rowsOf('xray_recording_part')).toEqual([])
})

test('nothing is recorded unless the account wants it, and what cannot be recorded ends then', async () => {
  const account = await platform.newAccount()
  const device = await newXrayDevice(platform, account)
  const { client, side } = await newSession(platform, account, device)
  client.send(adbMessage('OPEN', 1, 0, 'shell:\0'))
  side.send(adbMessage('WRTE', 11, 1, 'unseen'))
  await expect.poll(() => client.bytes().includes('unseen')).toBe(true)
  client.vanish()
  await freed(account, device)
  const [session] = await sessionsOf(account, device)
  expect(session?.recorded).toBe(false)
  expect(session).not.toHaveProperty('recordings')

  const recorded = await newRecorded()
  recorded.client.send(adbMessage('STLS', 0x01000000, 0))
  expect((await recorded.client.closed).reason).toMatch(/cannot be recorded/)
})
