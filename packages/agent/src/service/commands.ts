import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@mason/sdk/client'
import { type Command, Option } from 'commander'
import { parseSeconds, parseServer } from '../arguments.ts'
import { readCredential } from '../credential/credential.ts'
import { type EnrollOptions, enrollHost } from '../enroll/enroll-host.ts'
import { thisHost } from '../host/host.ts'
import { update } from '../update/update.ts'
import { installService, uninstallService } from './install.ts'
import { hostSystemd } from './systemd.ts'

interface InstallFlags extends Partial<EnrollOptions> {
  state: string
  units: string
  systemctl: string
  update: boolean
}

/** What is kept beside the credential, by the ends of the names. */
const stateFiles = ['', '.journal', '.installed', '.downloads', '.checked-in', '.refused-build']

const unitsOption = () => new Option('--units <folder>', 'where systemd reads units').default('/etc/systemd/system')
const systemctlOption = () => new Option('--systemctl <command>', 'the control program of systemd').default('systemctl')

interface Options {
  /** The file of this program. */
  script: string
  stateOption: () => Option
  log: (line: string) => void
}

/** The commands that keep the agent running on a host, and up to date. */
export function addServiceCommands(program: Command, { script, stateOption, log }: Options): void {
  program
    .command('install')
    .description('enroll this host, and run the agent as a systemd service from now on')
    .option('--server <url>', 'URL of the platform', parseServer)
    .option('--token <token>', 'an enrollment token; without it, the host keeps the credential that it has')
    .option('--name <name>', 'name of the device until it is renamed; its serial number by default')
    .option('--family <family>', 'hardware family; overrides what the hardware reports')
    .option('--serial <serial>', 'serial number; overrides what the hardware reports')
    .option('--no-update', 'do not look once a day for another agent on the platform')
    .addOption(stateOption())
    .addOption(unitsOption())
    .addOption(systemctlOption())
    .argument('[run arguments...]', 'arguments of "run" behind --, such as hooks: -- --on-reboot "systemctl reboot"')
    .action(async (runArguments: string[], { server, token, ...flags }: InstallFlags) => {
      const { state, units, systemctl } = flags
      if (token !== undefined) {
        if (server === undefined) throw new Error('--token needs --server, the platform that it is from')
        const { call } = createClient({ baseUrl: server })
        await enrollHost({ ...flags, server, token }, { host: thisHost, call, log })
      }
      await readCredential(state)
      const options = { node: process.execPath, script, state, runArguments }
      await installService(hostSystemd(units, systemctl), options, flags.update)
      log('the agent runs as the service mason-agent, now and after every boot')
    })

  program
    .command('uninstall')
    .description(
      'stop the systemd service and remove it; the device stays in the fleet until it is de-provisioned there',
    )
    .option('--purge', 'remove the credential and what is kept beside it, too', false)
    .addOption(stateOption())
    .addOption(unitsOption())
    .addOption(systemctlOption())
    .action(async ({ state, units, systemctl, purge }: InstallFlags & { purge: boolean }) => {
      await uninstallService(hostSystemd(units, systemctl))
      if (purge) for (const end of stateFiles) await rm(state + end, { recursive: true, force: true })
      log(
        purge
          ? 'the service and its credential are removed'
          : `the service is removed; its credential is still in ${state}`,
      )
    })

  program
    .command('update')
    .description('replace this agent by the one that its platform serves; goes back if that one does not check in')
    .option('--patience <seconds>', 'how long the new agent has to check in', parseSeconds, 180)
    .addOption(stateOption())
    .addOption(unitsOption())
    .addOption(systemctlOption())
    .action(async ({ state, units, systemctl, patience }: InstallFlags & { patience: number }) => {
      if (!script.endsWith('.js')) throw new Error('this agent runs from its sources: update these')
      const { server } = await readCredential(state)
      const systemd = hostSystemd(units, systemctl)
      await update({ server, script, state, systemd, patienceMs: patience * 1000, delay, log })
    })
}
