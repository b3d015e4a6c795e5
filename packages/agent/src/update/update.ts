import { createHash } from 'node:crypto'
import { access, copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Value } from 'typebox/value'
import { AgentPackage } from '../package/package.ts'
import { filesOf } from '../package/tar.ts'
import { readCheckIn } from '../service/checked-in.ts'
import { isInstalled, type Systemd, serviceName } from '../service/install.ts'

export interface UpdateOptions {
  /** The platform's origin. */
  server: string
  /** The file of this program, which is replaced. */
  script: string
  /** The credential file. */
  state: string
  systemd: Systemd
  /** How long the new agent has to check in. */
  patienceMs: number
  delay: (ms: number) => Promise<void>
  log: (line: string) => void
}

/** An archive of the agent has some hundred KiB. */
const maxBytes = 64 * 2 ** 20
const timeoutMs = 120_000
const lookEveryMs = 500

/**
 * Replaces this program by the one that the platform serves, and restarts the service. If the new one does not check in, the old one
 * is put back, and this build is not tried again. An update that was cut off is carried on by the next one.
 *
 * @throws Error when the platform serves no agent, its archive is not what it says, or the new agent does not check in.
 */
export async function update(options: UpdateOptions): Promise<void> {
  const { server, script, state, systemd, log } = options
  const has = await buildOf(script)
  if (await exists(previousOf(script))) return prove(options, has)
  const offered = await readOffer(server)
  if (offered.build === has) return log(`up to date: ${offered.version} (${short(has)})`)
  if ((await readFile(refusedOf(state), 'utf8').catch(() => '')) === offered.build)
    return log(`the build ${short(offered.build)} did not check in here before, and is not tried again`)
  const program = await fetchProgram(server, offered)
  await writeFile(`${script}.next`, program, { mode: 0o755 })
  await copyFile(script, previousOf(script))
  await rename(`${script}.next`, script)
  if (await isInstalled(systemd)) return prove(options, offered.build)
  await rm(previousOf(script))
  log(`updated to ${offered.version} (${short(offered.build)}); restart the agent yourself, for it is no service here`)
}

/** Starts the new program, and keeps it if it checks in. */
async function prove({ script, state, systemd, patienceMs, delay, log }: UpdateOptions, build: string): Promise<void> {
  await rm(`${state}.checked-in`, { force: true })
  await systemd.run('restart', `${serviceName}.service`)
  for (let waited = 0; waited < patienceMs; waited += lookEveryMs) {
    await delay(lookEveryMs)
    if ((await readCheckIn(state))?.build !== build) continue
    await rm(previousOf(script))
    return log(`updated to the build ${short(build)}, which has checked in`)
  }
  await writeFile(refusedOf(state), build, { mode: 0o600 })
  await rename(previousOf(script), script)
  await systemd.run('restart', `${serviceName}.service`)
  throw new Error(
    `the build ${short(build)} did not check in within ${patienceMs / 1000} s: the one before was put back and started`,
  )
}

async function readOffer(server: string): Promise<AgentPackage> {
  const text = await fetchBytes(`${server}/agent/mason-agent.json`, 2 ** 16)
  const offered: unknown = JSON.parse(text.toString('utf8'))
  if (!Value.Check(AgentPackage, offered)) throw new Error(`${server} does not say which agent it serves`)
  return offered
}

async function fetchProgram(server: string, offered: AgentPackage): Promise<Uint8Array> {
  const archive = await fetchBytes(`${server}/agent/mason-agent.tgz`, maxBytes)
  if (sha256(archive) !== offered.sha256) throw new Error('the archive of the agent is not the one that was described')
  const files = filesOf(await promisify(gunzip)(archive, { maxOutputLength: maxBytes }))
  const program = files.find(({ name }) => name === 'package/mason-agent.js')
  if (!program || sha256(program.content) !== offered.build)
    throw new Error('the archive holds another program than was described')
  return Buffer.from(program.content)
}

async function fetchBytes(url: string, most: number): Promise<Buffer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (!answer.ok) throw new Error(`GET ${url}: ${answer.status}`)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    size += part.length
    if (size > most) throw new Error(`GET ${url}: the answer has more than ${most} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Which program a file is. */
export const buildOf = async (script: string): Promise<string> => sha256(await readFile(script))

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
const previousOf = (script: string) => path.join(path.dirname(script), 'mason-agent.previous.js')
const refusedOf = (state: string) => `${state}.refused-build`
const short = (build: string) => build.slice(0, 12)
const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  )
