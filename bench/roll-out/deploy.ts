import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createArtifact, createUpload } from '@mason/contract/artifact'
import { createDeployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import type { Client } from '@mason/sdk/client'
import { makeApk } from '../../packages/server/test/apk/make.ts'

/** Registers a version of an app and deploys it to a group, with a push. @returns the deployment's id. */
export async function deployTo(api: Client, group: string, version: number): Promise<string> {
  const name = 'com.example.all'
  const apk = makeApk({ packageName: name, versionCode: version })
  const [upload] = (await api.call(createUpload, { type: 'apk', md5: hash('md5', apk, 'hex') })).data
  if (!upload) throw new Error('no upload was offered')
  await fetch(upload.uploadUrl, { method: 'PUT', body: new Uint8Array(apk) })
  await api.call(createArtifact, { type: 'apk', url: upload.url })
  const wanted = { type: 'apk', name, version: String(version), group, push: true } as const
  return (await api.call(createDeployment, wanted)).data[0]?.id ?? ''
}

/** How many devices have not been told yet. */
export const waitingOf = async (api: Client, id: string): Promise<number> =>
  (await api.call(getDeployment, { id })).data[0]?.devices.waiting ?? 0

export async function untilAllAreTold(api: Client, id: string): Promise<void> {
  while ((await waitingOf(api, id)) > 0) await sleep(100)
}

/** @returns how many ms the answer took. */
export async function change(api: Client, id: string, state: 'running' | 'paused' | 'canceled'): Promise<number> {
  const startedMs = performance.now()
  await api.call(updateDeployment, { id, state })
  return performance.now() - startedMs
}
