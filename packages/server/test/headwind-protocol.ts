/** An app as a configuration names it. */
export interface ConfiguredApp {
  pkg: string
  version: string
  code?: number
  url?: string
  remove?: boolean
}

/** A file as a configuration names it. */
export interface ConfiguredFile {
  /** From the root of the shared storage. */
  path: string
  url?: string
  lastUpdate?: number
}

/** What the server tells a device to be like. */
export interface Configuration {
  pushOptions?: string | null
  password?: string
  applications?: ConfiguredApp[] | null
  files?: ConfiguredFile[] | null
  newServerUrl?: string
  reboot?: boolean
  factoryReset?: boolean
  kioskMode?: boolean
  mainApp?: string
}

/** What happened on the device. */
export interface Effects {
  reboots: number
  resets: number
  installs: string[]
  downloads: string[]
  broadcasts: { type: string; data: string | null }[]
  /** Polls that were refused or could not be read. */
  longPauses: number
}

/** @throws Error for what would make the real agent fail. */
export function checkConfiguration(config: Configuration): void {
  for (const name of ['applications', 'files', 'actions'] as const)
    if ((config as Record<string, unknown>)[name] === null) throw new Error(`${name} is null`)
  const { applications, files } = config
  if (applications?.some((app) => typeof app.pkg !== 'string' || typeof app.version !== 'string'))
    throw new Error('an app without a version')
  if (files?.some(({ path }) => typeof path !== 'string')) throw new Error('a file without a path')
  if (config.pushOptions !== 'polling') throw new Error('it would not poll')
  if (!/^[0-9A-F]{32}$/.test(config.password ?? '')) throw new Error('anybody could open the settings')
  if (config.kioskMode && !config.mainApp) throw new Error('a kiosk without an app')
}
