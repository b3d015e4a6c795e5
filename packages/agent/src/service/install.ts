import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ServiceOptions, serviceUnit, updateTimer, updateUnit } from './unit.ts'

/** Where systemd looks for units of the host, and how it is told of them. */
export interface Systemd {
  folder: string
  run: (...args: string[]) => Promise<void>
}

/** The name of the service, and of what updates it. */
export const serviceName = 'mason-agent'
const units = [`${serviceName}.service`, `${serviceName}-update.service`, `${serviceName}-update.timer`] as const

/** Whether this host has the service. */
export const isInstalled = ({ folder }: Systemd): Promise<boolean> =>
  access(path.join(folder, units[0])).then(
    () => true,
    () => false,
  )

/** Writes the units and starts the agent now and at every boot; what was installed before is replaced. */
export async function installService(systemd: Systemd, options: ServiceOptions, isUpdated: boolean): Promise<void> {
  const [service, update, timer] = units
  await mkdir(systemd.folder, { recursive: true })
  const write = (name: string, text: string) => writeFile(path.join(systemd.folder, name), text, { mode: 0o644 })
  await write(service, serviceUnit(options))
  await write(update, updateUnit(options))
  await write(timer, updateTimer)
  await systemd.run('daemon-reload')
  await systemd.run('enable', service)
  await systemd.run('restart', service)
  await systemd.run(...(isUpdated ? ['enable', '--now', timer] : ['disable', '--now', timer]))
}

/** Stops the agent for good and removes its units; without them it does nothing. */
export async function uninstallService(systemd: Systemd): Promise<void> {
  if (!(await isInstalled(systemd))) return
  const [service, , timer] = units
  await systemd.run('disable', '--now', timer)
  await systemd.run('disable', '--now', service)
  for (const name of units) await rm(path.join(systemd.folder, name), { force: true })
  await systemd.run('daemon-reload')
}
