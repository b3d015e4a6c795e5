import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { findChromium } from './chromium.ts'

/** Tests look at the Controller as it is built, in a browser that is unpacked before the first of them needs it. */
export default async function setup(): Promise<void> {
  execFileSync(process.execPath, [path.resolve(import.meta.dirname, '../build.ts')], { stdio: 'inherit' })
  await findChromium()
}
