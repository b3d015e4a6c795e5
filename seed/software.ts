import { setTimeout } from 'node:timers/promises'
import { createArtifact, createUpload } from '@mason/contract/artifact'
import { createDeployment, getDeployment, type Rollout, updateDeployment } from '@mason/contract/deployment'
import { createBuild, createProject } from '@mason/contract/project'
import type { Client } from '@mason/sdk/client'
import { makeApk } from '../packages/server/test/apk/make.ts'
import { unlessThere } from './unless-there.ts'

const till = 'com.example.till'
const driver = 'com.example.driver'
/** Where the last roll-out goes; with it the fleet is complete. */
export const lastGroup = 'tills-north'

/** Registers two apps in two versions each, and a project of which one version builds and one fails. */
export async function registerSoftware({ call }: Client): Promise<void> {
  const register = async (type: 'apk' | 'config', bytes: Buffer) => {
    const { uploadUrl = '', url = '' } = (await call(createUpload, { type })).data[0] ?? {}
    const sent = await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(bytes) })
    if (!sent.ok) throw new Error(`The upload was answered ${sent.status}: ${await sent.text()}`)
    await unlessThere(call(createArtifact, { url, type }))
  }
  for (const versionCode of [41, 42]) await register('apk', makeApk({ packageName: till, versionCode }))
  for (const versionCode of [7, 8]) await register('apk', makeApk({ packageName: driver, versionCode }))
  await unlessThere(call(createProject, { body: { name: 'shop' } }))
  const app = `apps:\n  - name: Till\n    package_name: ${till}\n`
  await register('config', Buffer.from(`os:\n  name: shop\n  version: 7\n${app}    version_code: 42\n`))
  await register('config', Buffer.from(`os:\n  name: shop\n  version: 8\n${app}    version_code: 43\n`))
  for (const version of ['7', '8']) await call(createBuild, { name: 'shop', version })
}

/** Starts roll-outs: one goes on for an hour, one pauses because installs fail, one is canceled, one goes to everybody at once. */
export async function rollOut({ call }: Client): Promise<void> {
  const deploy = async (group: string, name: string, version: string, rollout?: Rollout) => {
    const body = { type: 'apk', group, name, version, push: true, ...(rollout && { rollout }) } as const
    return (await call(createDeployment, { body })).data[0]?.id ?? ''
  }
  const rollout = { steps: [10, 50, 100], soakMinutes: 60, maxFailurePercent: 10 }
  await deploy('vans', driver, '8')
  await deploy('couriers', driver, '8', rollout)
  const canceled = await deploy('tills-south', till, '42', { ...rollout, steps: [50, 100], maxFailurePercent: 100 })
  // Until installs failed, so that it has something to show. Chance may have it that none fails: then it has none.
  for (let look = 0, isOver = false; look < 30 && !isOver; look++) {
    await setTimeout(500)
    const { devices, state } = (await call(getDeployment, { id: canceled })).data[0] ?? {}
    isOver = (devices?.failed ?? 0) > 0 || state !== 'running'
  }
  await call(updateDeployment, { id: canceled, body: { state: 'canceled' } }).catch(() => {})
  await deploy(lastGroup, till, '42', { ...rollout, maxFailurePercent: 50 })
}
