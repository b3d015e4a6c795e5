#!/usr/bin/env node
import './node-20.ts'
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { notificationTypes } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { delay } from '@mason/sdk/delay'
import { Command, InvalidArgumentError, Option } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import {
  type Address,
  parseAddress,
  parseCount,
  parseDays,
  parseSeconds,
  parseSeed,
  parseServer,
  parseShare,
} from './arguments.ts'
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
import { noteCheckIn } from './service/checked-in.ts'
import { addServiceCommands } from './service/commands.ts'
import { runSimulation } from './simulate/command.ts'
import { type Family, families } from './simulate/device/families.ts'
import type { FaultShares } from './simulate/device/faults.ts'
import type { SimulateOptions } from './simulate/simulate.ts'
import { stopSignal } from './stop-signal.ts'
import { buildOf } from './update/update.ts'
import { linuxHost } from './xray/linux-host.ts'
import { adbDaemon, type Ports, portAt } from './xray/xray.ts'

const exitCodes = { failed: 1, credentialRefused: 3 }
const log = (line: string) => console.log(line)

/** The file of this program. */
const script = realpathSync(process.argv[1] ?? '')

const credentialPath = defaultCredentialPath({
  isRoot: process.getuid?.() === 0,
  home: homedir(),
  ...(process.env.XDG_STATE_HOME !== undefined && { stateHome: process.env.XDG_STATE_HOME }),
})
const stateOption = () => new Option('--state <file>', 'the credential file').default(credentialPath)
const serverOption = () =>
  new Option('--server <url>', 'URL of the platform, such as https://mason.example')
    .argParser(parseServer)
    .makeOptionMandatory()
const tokenOption = () => new Option('--token <token>', 'an enrollment token').makeOptionMandatory()
const familiesOption = new Option(
  '--families <names>',
  `families to simulate, from ${families.map(({ name }) => name).join(',')}`,
)
  .argParser(parseFamilies)
  .default(families, 'all')

const program = new Command('mason-agent')
  .description('The device side of the Mason Platform on Linux')
  .version(manifest.version)

program
  .command('enroll')
  .description('enroll this host and store its credential')
  .addOption(serverOption())
  .addOption(tokenOption())
  .option('--name <name>', 'name of the device until it is renamed; its serial number by default')
  .option('--family <family>', 'hardware family; overrides what the hardware reports')
  .option('--serial <serial>', 'serial number; overrides what the hardware reports')
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
  xrayVnc?: Address | true
  xrayAdb?: Address | true
  xrayShell?: true
}

const hooks: Hooks = {}
const run = program
  .command('run')
  .description('check in regularly and carry out commands')
  .addOption(stateOption())
  .option('--once', 'check in once, carry out the commands it brings, and exit', false)
  .option('--on-deploy <command>', 'hook that installs apps, projects and OS updates')
  .option('--hook-timeout <seconds>', 'timeout of a hook', parseSeconds, 300)
  .option('--xray-vnc [host:port]', 'offer a VNC server over X-Ray; at 127.0.0.1:5900 by default', parseAddress)
  .option('--xray-adb [host:port]', 'offer an ADB daemon over X-Ray; at 127.0.0.1:5555 by default', parseAddress)
  .addOption(
    new Option(
      '--xray-shell',
      'offer a shell and files of this host over X-Ray, as the user that the agent runs as: mostly root',
    ).conflicts('xrayAdb'),
  )
  .addHelpText(
    'after',
    `
A hook is a shell command. Exit status 0 means that it carried out the command. It gets MASON_NOTIFICATION_ID and
MASON_NOTIFICATION_TYPE in its environment and the payload as JSON on its standard input. Commands without a hook fail
with not_supported; refresh needs no hook. <file>.journal records which commands were carried out.

The deploy hook runs for each app, project and OS update, after its files are downloaded and their SHA-256 is verified. It
gets MASON_DEPLOYMENT_ID, _TYPE (apk, config, ota), _NAME, _VERSION and _FILES (one path per line) in its environment and
the platform's description of the item as JSON on its standard input. <file>.installed records what it installed, which is
reported to the platform.

Nothing is offered over X-Ray by default. With --xray-shell, whoever holds the scope xray:admin has a shell here, with all
that the user of the agent may do: as root, everything.

Exit status ${exitCodes.credentialRefused}: the credential is no longer valid; enroll again.`,
  )
  .action(async ({ state, once, hookTimeout, onDeploy, ...offered }: RunOptions) => {
    // A host that is not enrolled fails here, before anything is written.
    await readCredential(state)
    const build = script.endsWith('.js') ? await buildOf(script) : undefined
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
      xray: portsOf(offered),
      deploy: { hook: onDeploy, runLine, path: `${state}.installed`, folder: `${state}.downloads` },
      now: Date.now,
      delay,
      random: Math.random,
      log,
      onFirstCheckIn: () => {
        noteCheckIn(state, { pid: process.pid, ...(build !== undefined && { build }) }).catch((error: Error) =>
          log(`that it has checked in cannot be noted: ${error.message}`),
        )
      },
      signal: stopSignal(),
    })
  })
for (const type of notificationTypes) {
  const keepHook = (line: string) => {
    hooks[type] = line
  }
  run.addOption(new Option(`--on-${type} <command>`, `hook that carries out ${type}`).argParser(keepHook))
}

addServiceCommands(program, { script, stateOption, log })
function portsOf({ xrayVnc, xrayAdb, xrayShell }: Pick<RunOptions, 'xrayVnc' | 'xrayAdb' | 'xrayShell'>): Ports {
  const at = (given: Address | true, port: number) => portAt(given === true ? { host: '127.0.0.1', port } : given)
  return {
    ...(xrayVnc && { vnc: at(xrayVnc, 5900) }),
    ...(xrayAdb && { adb: at(xrayAdb, 5555) }),
    ...(xrayShell && { adb: adbDaemon(linuxHost(reboot)) }),
  }
}

function reboot(mode: string): void {
  const line = hooks.reboot ?? 'systemctl reboot || reboot'
  const options = { timeoutMs: 60_000, signal: new AbortController().signal, mayOutliveAgent: true }
  void runLine(line, { env: { MASON_REBOOT_MODE: mode }, input: '' }, options)
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
  .description('simulate a fleet: enroll believable devices that check in and carry out commands')
  .addOption(serverOption())
  .addOption(tokenOption())
  .requiredOption('--devices <n>', 'number of devices', parseCount)
  .addOption(familiesOption)
  .option('--seed <n>', 'seed of the devices; equal seeds make equal devices', parseSeed, 1)
  .option('--interval <seconds>', 'interval between check-ins of a device; overrides the platform', parseSeconds)
  .option('--duration <seconds>', 'how long the simulation runs; until stopped by default', parseSeconds)
  .option('--concurrency <n>', 'highest number of requests and connection attempts at a time', parseCount, 64)
  .addOption(
    new Option('--transport <name>', 'auto is mqtt when the platform offers it, and http while mqtt is down')
      .choices(['auto', 'mqtt', 'http'])
      .default('auto'),
  )
  .option('--boot-seconds <n>', 'how long a device takes to boot; ten times as long after a shutdown', parseSeconds, 2)
  .option('--drop <share>', 'share of devices that never answer a command, from 0 to 1', parseShare, 0)
  .option('--slow <share>', 'share of devices that answer after 5 to 30 seconds', parseShare, 0)
  .option('--reject <share>', 'share of devices that refuse every command', parseShare, 0)
  .option('--reboot-forever <share>', 'share of devices that acknowledge a reboot and do not reboot', parseShare, 0)
  .option('--flap <share>', 'share of devices that lose their connection every few seconds', parseShare, 0)
  .option('--install-fail <share>', 'share of devices that fail to install deployments', parseShare, 0)
  .option('--no-xray', 'offer no virtual shell over X-Ray')
  .option('--state <file>', 'file that keeps the credentials for the next run')
  .option('--label-key <key>', 'API key with fleet:manager; labels the devices with their city, store and role')
  .option('--usage-key <key>', 'API key with connect:admin; registers the SIMs and reports their usage')
  .option('--usage-days <n>', 'how many days before today are reported first', parseDays, 0)
  .option('--usage-interval <seconds>', 'period that one report covers', parseSeconds, 60)
  .option('--runaway <share>', 'share of SIMs that use forty times as much on some days', parseShare, 0.005)
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

function parseFamilies(text: string): readonly Family[] {
  return text.split(',').map((name) => {
    const family = families.find((one) => one.name.toLowerCase() === name.trim().toLowerCase())
    if (!family) throw new InvalidArgumentError(`There is no family ${name}.`)
    return family
  })
}

try {
  await program.parseAsync()
} catch (error) {
  console.error(`mason-agent: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = error instanceof CredentialRefused ? exitCodes.credentialRefused : exitCodes.failed
}
