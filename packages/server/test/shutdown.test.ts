import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect as connectTls } from 'node:tls'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { createClient } from '@mason/sdk/client'
import { describe, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { connectDevice } from './mqtt-device.ts'
import { isAlive, newDataDir, type Program, postmasterPid } from './program.ts'
import { usePrograms } from './programs.ts'
import { httpPhases, mqttPhases, newRawClient } from './raw-client.ts'
import { writeCertificate } from './tls.ts'

const start = usePrograms()

describe('the end', () => {
  /** Connections of every kind that would keep a server from ending, each at rest. */
  async function crowd({ url, ownerKey = '' }: Program, mqttPort: number, deviceCount: number): Promise<void> {
    const owner = createClient({ baseUrl: url, key: ownerKey })
    const {
      data: [enrollment],
    } = await owner.call(createEnrollment, {})
    const token = enrollment?.token ?? ''
    const connect = async (_: unknown, index: number) => {
      const credential = await createClient({ baseUrl: url }).call(enroll, {
        token,
        serialnumber: `SN-${index}`,
        family: 'D450',
        bootId: 'b',
      })
      await connectDevice(index % 2 === 0 ? (credential.mqtt?.url ?? '') : `mqtt://127.0.0.1:${mqttPort}`, credential)
    }
    for (let done = 0; done < deviceCount; done += 10)
      await Promise.all(Array.from({ length: 10 }, (_, index) => connect(_, done + index)))
    const authorization = `Authorization: basic ${ownerKey}\r\n`
    const port = Number(new URL(url).port)
    const streams = await Promise.all(Array.from({ length: 5 }, () => newRawClient(port)))
    for (const { write } of streams) write(`GET /v1/default/event/stream HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`)
    for (const [, bytes] of httpPhases) (await newRawClient(port)).write(bytes)
    for (const [, bytes] of mqttPhases) (await newRawClient(mqttPort)).write(bytes)
    const upload = `POST /v1/default/usage HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: text/csv\r\nContent-Length: 9999\r\n\r\nid,iccid`
    ;(await newRawClient(port)).write(upload)
    const download = await newRawClient(port)
    download.raw.pause()
    download.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))
  }

  test.each(['npm', 'node'] as const)(
    'is in order when %s is told, whatever is connected',
    async (command) => {
      const DATA_DIR = await newDataDir()
      const mqttPort = await freePort()
      const program = await start({ DATA_DIR, MQTT_PORT: String(mqttPort) }, { command })
      const postgres = await postmasterPid(DATA_DIR)
      await crowd(program, mqttPort, 20)
      expect(await program.end('SIGTERM')).toBe(0)
      expect(isAlive(postgres)).toBe(false)
      await expect(fetch(`${program.url}/healthz`)).rejects.toThrow()
    },
    120_000,
  )

  test('is not what a hang-up asks for: the certificates are read anew', async () => {
    const files = await writeCertificate('before')
    const mqttPort = await freePort()
    const program = await start({
      DATA_DIR: await newDataDir(),
      TLS_CERT: files.cert,
      TLS_KEY: files.key,
      MQTT_PORT: String(mqttPort),
      MQTT_TLS_CERT: files.cert,
      MQTT_TLS_KEY: files.key,
    })
    const ports = [Number(new URL(program.url).port), mqttPort]
    const names = () => Promise.all(ports.map(certificateName))
    expect(await names()).toEqual(['before', 'before'])
    await writeCertificate('after', files)
    program.child.kill('SIGHUP')
    await eventually(async () => expect(await names()).toEqual(['after', 'after']))
    await writeFile(files.key, 'no key')
    program.child.kill('SIGHUP')
    await eventually(() => expect(program.output()).toContain('the certificate stays as it was'))
    expect(await names()).toEqual(['after', 'after'])
    expect(await program.end('SIGTERM')).toBe(0)
  })

  async function certificateName(port: number): Promise<string> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }
})
