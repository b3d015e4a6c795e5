import { type Artifact, listArtifacts, scrcpyServerName } from '@mason/contract/artifact'
import { call, platformFetch } from '../../api/client.ts'

/** The versions whose protocol the Controller speaks. */
const spoken = /^3\.[0-3](\.|$)/

/** The newest registered scrcpy server that the Controller can talk to; null where there is none. */
export async function findServer(): Promise<Artifact | null> {
  const { data } = await call(listArtifacts, { type: 'media', n: scrcpyServerName })
  const usable = data
    .filter(({ name, media, version }) => name === scrcpyServerName && media?.type === name && spoken.test(version))
    .sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))
  return usable[0] ?? null
}

/** Downloads it with the rights of whoever is signed in. */
export async function download({ contentUrl }: Artifact): Promise<Uint8Array> {
  const response = await platformFetch(contentUrl)
  if (!response.ok) throw new Error(`The scrcpy server could not be downloaded (${response.status})`)
  return new Uint8Array(await response.arrayBuffer())
}
