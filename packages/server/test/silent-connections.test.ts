import { readFile } from 'node:fs/promises'
import { listDevices } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { checkInAs } from './factories.ts'
import { freePort } from './free-port.ts'
import { connectDevice } from './mqtt-device.ts'
import { newDataDir, type Program } from './program.ts'
import { usePrograms } from './programs.ts'
import { httpPhases, newRawClient, type RawClient } from './raw-client.ts'

const start = usePrograms()

describe('silent connections', () => {
  const memoryOf = async ({ child: { pid } }: Program) =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

  test.runIf(process.platform === 'linux')(
    'that would use up all descriptors leave room for devices, and the log names the cause once and no error',
    async () => {
      const mqttPort = await freePort()
      const environment = { DATA_DIR: await newDataDir(), MQTT_PORT: String(mqttPort) }
      const program = await start(environment, { openFiles: 4_096 })
      const owner = createClient({ baseUrl: program.url, key: program.ownerKey ?? '' })
      const {
        data: [enrollment],
      } = await owner.call(createEnrollment, {})
      const newcomer = (serialnumber: string) =>
        createClient({ baseUrl: program.url }).call(enroll, {
          token: enrollment?.token ?? '',
          serialnumber,
          family: 'D450',
          bootId: 'b',
        })
      const early = await newcomer('SN-1')
      const connected = await connectDevice(`mqtt://127.0.0.1:${mqttPort}`, early)
      const memory = await memoryOf(program)

      const ports = [Number(new URL(program.url).port), mqttPort]
      const silent: RawClient[] = []
      for (let count = 0; count < 4_000; count += 100)
        silent.push(
          ...(await Promise.all(Array.from({ length: 100 }, (_, index) => newRawClient(ports[index % 2] ?? 0)))),
        )

      await connected.checkIn({ bootId: 'b' })
      const late = await newcomer('SN-2')
      await checkInAs(program.url, late)()
      const url = `${program.url.replace('http', 'ws')}/mqtt`
      for (const where of [url, `mqtt://127.0.0.1:${mqttPort}`]) await (await connectDevice(where, late)).leave()
      expect((await owner.call(listDevices)).data).toHaveLength(2)
      expect(program.output().split('MAX_CONNECTIONS_PER_ADDRESS')).toHaveLength(2)
      expect((await memoryOf(program)) - memory, 'megabytes').toBeLessThan(150)
      for (const { raw } of silent) raw.destroy()

      // Whoever goes away in the middle is no fault of the server's.
      const authorization = `Authorization: basic ${program.ownerKey}\r\n`
      const broken = [
        ...httpPhases.map(([, bytes]) => String(bytes)),
        `POST /v1/default/group HTTP/1.1\r\nHost: x\r\n${authorization}Content-Length: 99\r\n\r\n{"name":`,
        `POST /v1/default/usage HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: text/csv\r\nContent-Length: 99\r\n\r\nid,iccid`,
        `GET /v1/default/event/stream HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`,
        `GET /v1/default/device HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`.repeat(20),
      ]
      for (const bytes of broken) {
        const { raw, write } = await newRawClient(ports[0] ?? 0)
        write(bytes)
        await new Promise((resolve) => setImmediate(resolve))
        raw.resetAndDestroy()
      }
      await connected.checkIn({ bootId: 'b' })
      expect(program.output()).not.toContain('"level":50')
      await connected.leave()
    },
    60_000,
  )
})
