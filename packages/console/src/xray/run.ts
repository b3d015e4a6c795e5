import type { Adb } from '@yume-chan/adb'

/** What a command leaves. */
export interface Ran {
  output: Uint8Array
  /** Unknown on devices with the first shell protocol. */
  status: number | undefined
}

/** Runs a command to its end and takes what it writes, as bytes. */
export async function run(adb: Adb, line: string): Promise<Ran> {
  const { shellProtocol, noneProtocol } = adb.subprocess
  if (!shellProtocol) return { output: await noneProtocol.spawnWait(line), status: undefined }
  const { stdout, exitCode } = await shellProtocol.spawnWait(line)
  return { output: stdout, status: exitCode }
}

export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Hands bytes to the browser to be kept as a file. */
export function saveBytes(name: string, parts: Uint8Array[], type = 'application/octet-stream'): void {
  const address = URL.createObjectURL(new Blob(parts as BlobPart[], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), keepMs)
}

const keepMs = 60_000

/** A time that can stand in the name of a file. */
export const stamp = () => new Date().toISOString().slice(0, 19).replaceAll(':', '-')
