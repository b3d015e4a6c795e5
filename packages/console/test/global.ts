import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** Tests look at the Controller as it is built. */
export default function setup(): void {
  execFileSync(process.execPath, [path.resolve(import.meta.dirname, '../build.ts')], { stdio: 'inherit' })
}
