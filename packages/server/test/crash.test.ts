import { getDevice, listDevices } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { getNotification, notifyDevice } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { checkInAs } from './factories.ts'
import { connectDevice } from './mqtt-device.ts'
import { newDataDir, type Program, postmasterPid } from './program.ts'
import { usePrograms } from './programs.ts'

const start = usePrograms()

describe('nothing that was answered is lost', () => {
  const victims: [string, (program: Program, dataDir: string) => Promise<void>][] = [
    ['the server is killed', async (program) => void (await program.end('SIGKILL'))],
    ['PostgreSQL is killed', async (_, dataDir) => void process.kill(await postmasterPid(dataDir), 'SIGKILL')],
    [
      'both are killed',
      async (program, dataDir) => {
        process.kill(await postmasterPid(dataDir), 'SIGKILL')
        await program.end('SIGKILL')
      },
    ],
  ]

  test.each(victims)('when %s during check-ins', async (_name, kill) => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR })
    const key = program.ownerKey ?? ''
    const owner = createClient({ baseUrl: program.url, key, maxRetries: 0 })
    const {
      data: [enrollment],
    } = await owner.call(createEnrollment, {})
    const devices = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        createClient({ baseUrl: program.url }).call(enroll, {
          token: enrollment?.token ?? '',
          serialnumber: `SN-${index}`,
          family: 'D450',
          bootId: 'b',
        }),
      ),
    )
    const acknowledged = new Map<string, number>()
    let isOver = false
    const report = async (device: (typeof devices)[number]) => {
      const checkIn = checkInAs(program.url, device)
      for (let count = 1; count < 55 && !isOver; count++) {
        const version = String(count)
        await checkIn({ partial: true, apps: [{ name: 'count', version }] }).then(
          () => acknowledged.set(device.id, count),
          () => {
            isOver = true
          },
        )
      }
    }
    const reports = devices.map(report)
    await eventually(() => expect(acknowledged.size).toBe(devices.length))
    await kill(program, DATA_DIR)
    isOver = true
    await Promise.all(reports)

    const url =
      program.child.exitCode === null && program.child.signalCode === null
        ? program.url
        : (await start({ DATA_DIR })).url
    const after = createClient({ baseUrl: url, key, maxRetries: 20 })
    expect((await after.call(listDevices)).data).toHaveLength(devices.length)
    for (const { id } of devices) {
      const {
        data: [device],
      } = await after.call(getDevice, { id })
      expect(Number(device?.apps?.[0]?.version)).toBeGreaterThanOrEqual(acknowledged.get(id) ?? 0)
    }
  })
})

describe('a command survives', () => {
  test('the death of the server between sending and acknowledgement', async () => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR })
    const key = program.ownerKey ?? ''
    const owner = createClient({ baseUrl: program.url, key })
    const {
      data: [enrollment],
    } = await owner.call(createEnrollment, {})
    const credential = await createClient({ baseUrl: program.url }).call(enroll, {
      token: enrollment?.token ?? '',
      serialnumber: 'SN-1',
      family: 'D450',
      bootId: 'boot-1',
    })
    const before = await connectDevice(credential.mqtt?.url ?? '', credential)
    const {
      data: [notification],
    } = await owner.call(notifyDevice, { id: credential.id, type: 'reboot' })
    const id = notification?.id ?? ''
    expect((await before.next()).id).toBe(id)
    await program.end('SIGKILL')
    await before.closed

    const { url } = await start({ DATA_DIR })
    const after = createClient({ baseUrl: url, key })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('sent')
    const device = await connectDevice(`${url.replace('http', 'ws')}/mqtt`, credential)
    const again = await device.next()
    expect(again.id).toBe(id)
    await device.answer(again, { state: 'acknowledged' })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('acknowledged')
    await device.checkIn({ bootId: 'boot-2' })
    expect((await after.call(getNotification, { id })).data[0]?.state).toBe('succeeded')
    await device.leave()
  })
})
