import type { MediaType } from '@mason/contract/artifact'
import type { Bytes } from './bytes.ts'
import { readZip } from './zip.ts'

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const pngHeader = 33
const maxSide = 16_384

/** @throws Error that says why the file is media of no type. */
export async function inspectMedia(file: string, bytes: Bytes): Promise<MediaType> {
  const start = await bytes.read(0, Math.min(bytes.size, pngHeader))
  if (start.subarray(0, 8).equals(pngStart)) {
    checkPng(start)
    return 'splash'
  }
  if (start.toString('latin1', 0, 2) !== 'PK') throw new Error('it is neither a PNG image nor a ZIP archive')
  const { names } = await readZip(file, bytes.size, () => false)
  if (names.has('desc.txt')) return 'bootanimation'
  if (names.has('classes.dex')) return 'scrcpy-server'
  throw new Error('it holds no desc.txt, so it is no boot animation, and no classes.dex, so it is no scrcpy server')
}

/** An image begins with a header that tells its size. Source: PNG (Third Edition) §5.2, §11.2.1. */
function checkPng(start: Buffer): void {
  if (start.length < pngHeader || start.toString('latin1', 12, 16) !== 'IHDR') throw new Error('it is not a PNG image')
  const [width, height] = [start.readUInt32BE(16), start.readUInt32BE(20)]
  if (width === 0 || height === 0 || width > maxSide || height > maxSide)
    throw new Error(`it is ${width} × ${height} pixels large`)
}
