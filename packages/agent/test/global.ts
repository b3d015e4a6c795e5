import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** Tests install the agent as it is packed. */
export default function setup(): void {
  execFileSync(process.execPath, [path.resolve(import.meta.dirname, '../build.ts')], { stdio: 'inherit' })
}
