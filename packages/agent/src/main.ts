#!/usr/bin/env node
import { homedir } from 'node:os'
import { notificationTypes } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { delay } from '@mason/sdk/delay'
import { Command, InvalidArgumentError, Option } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import type { Hooks } from './command/command-runner.ts'
import { runHook, runLine } from './command/hook.ts'
import { Journal } from './command/journal.ts'
import { readCredential } from './credential/credential.ts'
import { defaultCredentialPath } from './credential/path.ts'
import { type EnrollOptions, enrollHost } from './enroll/enroll-host.ts'
import { thisHost } from './host/host.ts'
import { readReport } from './host/report.ts'
import { openExchange } from './http/exchange.ts'
import { openChannel } from './mqtt/channel.ts'
import { CredentialRefused } from './run/credential-refused.ts'
import { runAgent } from './run/run-agent.ts'
import { runSimulation } from './simulate/command.ts'
import { type Family, families } from './simulate/families.ts'
import type { FaultShares } from './simulate/faults.ts'
import type { SimulateOptions } from './simulate/simulate.ts'
import { stopSignal } from './stop-signal.ts'

const exitCodes = { failed: 1, credentialRefused: 3 }
const log = (line: string) => console.log(line)

const credentialPath = defaultCredentialPath({
  isRoot: process.getuid?.() === 0,
  home: homedir(),
  ...(process.env.XDG_STATE_HOME !== undefined && { stateHome: process.env.XDG_STATE_HOME }),
})
const stateOption = () => new Option('--state <file>', 'the credential file').default(credentialPath)
const serverOption = () =>
  new Option('--server <url>', 'the platform, as https://mason.example').argParser(parseServer).makeOptionMandatory()
const tokenOption = () => new Option('--token <token>', 'an enrolment token').makeOptionMandatory()
const familiesOption = new Option('--families <names>', `some of ${families.map(({ name }) => name).join(',')}`)
  .argParser(parseFamilies)
  .default(families, 'all')

const program = new Command('mason-agent')
  .description('The device side of the Mason Platform on Linux')
  .version(manifest.version)

program
  .command('enroll')
  .description('enrol this host and store its credential')
  .addOption(serverOption())
  .addOption(tokenOption())
  .option('--name <name>', 'first name of the device; its serial number by default')
  .option('--family <family>', 'hardware family, in place of what the hardware says')
  .option('--serial <serial>', 'serial number, in place of what the hardware says')
  .addOption(stateOption())
  .action(async (options: EnrollOptions) => {
    const { call } = createClient({ baseUrl: options.server })
    await enrollHost(options, { host: thisHost, call, log })
  })

interface RunOptions {
  onDeploy?: string
  state: string
  once: boolean
  hookTimeout: number
}

const hooks: Hooks = {}
const run = program
  .command('run')
  .description('check in, again and again, and carry out commands')
  .addOption(stateOption())
  .option('--once', 'check in once, carry out what that brings, and exit', false)
  .option('--on-deploy <command>', 'hook that installs what is deployed to the group')
  .option('--hook-timeout <seconds>', 'how long a hook may take', parseSeconds, 300)
  .addHelpText(
    'after',
    `
A hook is a line of the shell; exit status 0 means that it did what the command asks. It finds MASON_NOTIFICATION_ID and
MASON_NOTIFICATION_TYPE in its environment and the payload as JSON on its standard input. Commands without a hook are
answered not_supported; refresh needs none. Which commands were carried out is kept in <file>.journal.

The deploy hook is run for each app, project and OS update, once its files are downloaded and their SHA-256 is right. It finds
MASON_DEPLOYMENT_ID, _TYPE (apk, config, ota), _NAME, _VERSION and _FILES (one path a line) in its environment and what the
platform says of it as JSON on its standard input. What it installed is kept in <file>.installed and reported.

Exit status ${exitCodes.credentialRefused}: the credential is no longer valid; enrol again.`,
  )
  .action(async ({ state, once, hookTimeout, onDeploy }: RunOptions) => {
    // Before anything is written: a host that is not enrolled is told so.
    await readCredential(state)
    await using journal = await Journal.open(`${state}.journal`, Date.now)
    await runAgent({
      isOnce: once,
      readCredential: () => readCredential(state),
      readReport: () => readReport(thisHost, new Date()),
      openExchange,
      openChannel,
      journal,
      hooks,
      hookTimeoutMs: hookTimeout * 1000,
      runHook,
      deploy: { hook: onDeploy, runLine, path: `${state}.installed`, folder: `${state}.downloads` },
      now: Date.now,
      delay,
      random: Math.random,
      log,
      signal: stopSignal(),
    })
  })
for (const type of notificationTypes) {
  const keepHook = (line: string) => {
    hooks[type] = line
  }
  run.addOption(new Option(`--on-${type} <command>`, `hook that carries out ${type}`).argParser(keepHook))
}

interface UsageFlags {
  usageKey?: string
  usageDays: number
  usageInterval: number
  runaway: number
}
type SimulateFlags = Omit<SimulateOptions, 'faults' | 'usage'> & FaultShares & UsageFlags

program
  .command('simulate')
  .description('enrol many believable devices, let them check in and carry out commands')
  .addOption(serverOption())
  .addOption(tokenOption())
  .requiredOption('--devices <n>', 'how many', parseCount)
  .addOption(familiesOption)
  .option('--seed <n>', 'the same seed makes the same devices', parseSeed, 1)
  .option('--interval <seconds>', 'between check-ins of a device, in place of what the platform asks', parseSeconds)
  .option('--duration <seconds>', 'how long they live; until stopped by default', parseSeconds)
  .option('--concurrency <n>', 'at most so many requests and connection attempts at a time', parseCount, 64)
  .addOption(
    new Option('--transport <name>', 'auto is mqtt where the platform offers it, and http while that is down')
      .choices(['auto', 'mqtt', 'http'])
      .default('auto'),
  )
  .option('--boot-seconds <n>', 'how long a device takes to boot; ten times as long after a shutdown', parseSeconds, 2)
  .option('--drop <share>', 'devices that never answer a command, from 0 to 1', parseShare, 0)
  .option('--slow <share>', 'devices that answer after 5 to 30 seconds', parseShare, 0)
  .option('--reject <share>', 'devices that refuse every command', parseShare, 0)
  .option('--reboot-forever <share>', 'devices that say that they reboot, and come back as they were', parseShare, 0)
  .option('--flap <share>', 'devices that lose their connection every few seconds', parseShare, 0)
  .option('--install-fail <share>', 'devices that fail to install what is deployed to them', parseShare, 0)
  .option('--state <file>', 'keeps the credentials for the next run')
  .option('--usage-key <key>', 'an API key with connect:admin; registers the SIMs and reports what they use')
  .option('--usage-days <n>', 'how many days before today are reported as well', parseDays, 0)
  .option('--usage-interval <seconds>', 'how long a time one report covers', parseSeconds, 60)
  .option('--runaway <share>', 'SIMs that use forty times as much on some days', parseShare, 0.005)
  .action(async (flags: SimulateFlags) => {
    const {
      drop,
      slow,
      reject,
      rebootForever,
      flap,
      installFail,
      usageKey,
      usageDays,
      usageInterval,
      runaway,
      ...rest
    } = flags
    const faults = { drop, slow, reject, rebootForever, flap, installFail }
    const usage = usageKey !== undefined && { key: usageKey, days: usageDays, interval: usageInterval, runaway }
    const options = { ...rest, faults, ...(usage && { usage }) }
    if (!(await runSimulation(options, stopSignal()))) process.exitCode = exitCodes.failed
  })

function parseServer(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) throw new InvalidArgumentError('Not an http or https URL.')
  return text.replace(/\/$/, '')
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000) throw new InvalidArgumentError('Not 1 to 1000000.')
  return count
}

function parseDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 0 || days > 1000) throw new InvalidArgumentError('Not 0 to 1000.')
  return days
}

function parseSeed(text: string): number {
  const seed = Number(text)
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new InvalidArgumentError('Not 0 to 4294967295.')
  return seed
}

function parseShare(text: string): number {
  const share = Number(text)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('Not 0 to 1.')
  return share
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('Not a number of seconds.')
  return seconds
}

function parseFamilies(text: string): readonly Family[] {
  return text.split(',').map((name) => {
    const family = families.find((one) => one.name.toLowerCase() === name.trim().toLowerCase())
    if (!family) throw new InvalidArgumentError(`No family ${name}.`)
    return family
  })
}

try {
  await program.parseAsync()
} catch (error) {
  console.error(`mason-agent: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = error instanceof CredentialRefused ? exitCodes.credentialRefused : exitCodes.failed
}
