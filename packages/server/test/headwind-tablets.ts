import { randomUUID } from 'node:crypto'
import { listDevices } from '@mason/contract/device'
import { createEnrollment, type NewEnrollment } from '@mason/contract/enrollment'
import { afterEach, expect } from 'vitest'
import { eventually } from './eventually.ts'
import type { TestAccount } from './harness.ts'
import { HeadwindAgent } from './headwind-agent.ts'

type AgentOptions = ConstructorParameters<typeof HeadwindAgent>[1]

const apk = { url: 'https://files.invalid/agent.apk', checksum: 'A'.repeat(43) }

/** The text of the QR code of a new token. */
export async function newQr(account: TestAccount, input: NewEnrollment = {}): Promise<string> {
  const { data } = await account.call(createEnrollment, { kind: 'headwind', apk, ...input })
  return data[0]?.qr ?? ''
}

/** A device that has joined and reported. */
export const joined = (account: TestAccount, serialnumber: string) =>
  eventually(async () => {
    const [device] = (await account.call(listDevices, { serialnumber })).data
    expect(device).toMatchObject({ online: true, os: expect.anything() })
    if (!device) throw new Error('no device')
    return device
  })

/** Sets up tablets, which are switched off when the test ends. */
export function useTablets() {
  const agents: HeadwindAgent[] = []
  afterEach(() => {
    for (const agent of agents.splice(0)) agent.stop()
  })
  const start = (qr: string, options: AgentOptions): HeadwindAgent => {
    const agent = new HeadwindAgent(qr, options)
    agents.push(agent)
    agent.start()
    return agent
  }
  /** A tablet that is set up by a QR code, once it has joined. */
  const newTablet = async (account: TestAccount, options: Partial<AgentOptions> = {}, input: NewEnrollment = {}) => {
    const serial = options.serial ?? `R52-${randomUUID().slice(0, 8)}`
    const agent = start(await newQr(account, input), { serial, ...options })
    return { agent, serial, device: await joined(account, serial) }
  }
  return { start, newTablet }
}
