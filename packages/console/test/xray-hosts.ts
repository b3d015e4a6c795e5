import { getDevice } from '@mason/contract/device'
import { afterEach, expect } from 'vitest'
import { linuxHost } from '../../agent/src/xray/linux-host.ts'
import { adbDaemon, type Ports } from '../../agent/src/xray/xray.ts'
import { startAgent } from '../../agent/test/start-agent.ts'
import { temporaryDirectory } from '../../agent/test/temporary-directory.ts'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import type { consoleUnderTest } from './console.ts'

/** Devices with agents that offer X-Ray. They end with each test, and so does what it asks to be done then. */
export function xrayHosts(controller: ReturnType<typeof consoleUnderTest>) {
  const cleanUps: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
  })

  /** Starts one; it offers a shell and files unless it is told otherwise. */
  async function newHost(name: string, xray: Ports = { adb: adbDaemon(linuxHost(() => {})) }) {
    const { platform, account } = controller
    const directory = await temporaryDirectory()
    const device = await newDevice(platform, account, { name })
    const agent = await startAgent(directory.path, { ...device, server: platform.url, checkinSeconds: 1 }, { xray })
    cleanUps.push(() => directory[Symbol.asyncDispose](), agent.stop)
    await eventually(async () => expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toBeDefined())
    return { id: device.id, path: directory.path }
  }

  return { newHost, onEnd: (cleanUp: () => Promise<unknown>) => cleanUps.push(cleanUp) }
}
