import type { MediaType } from '@mason/contract/artifact'
import type { Bytes } from './bytes.ts'
import { readZip } from './zip.ts'

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const maxSide = 16_384

/** @throws Error that says why the file cannot be media of this type. */
export async function inspectMedia(file: string, bytes: Bytes, type: MediaType): Promise<void> {
  if (type === 'bootanimation') {
    const { names } = await readZip(file, bytes.size, () => false)
    if (!names.has('desc.txt')) throw new Error('it holds no desc.txt')
  } else await inspectPng(bytes)
}

/** A splash is a PNG: its signature, and a header that tells a size. Source: PNG (Third Edition) §5.2, §11.2.1. */
async function inspectPng(bytes: Bytes): Promise<void> {
  const start = bytes.size < 33 ? Buffer.alloc(33) : await bytes.read(0, 33)
  const isPng = start.subarray(0, 8).equals(pngStart) && start.toString('latin1', 12, 16) === 'IHDR'
  if (!isPng) throw new Error('it is not a PNG image')
  const [width, height] = [start.readUInt32BE(16), start.readUInt32BE(20)]
  if (width === 0 || height === 0 || width > maxSide || height > maxSide)
    throw new Error(`it is ${width} × ${height} pixels large`)
}
