import type { DesiredState } from '@mason/contract/deployment'
import type { Window } from '@mason/contract/window'
import type { RemoteFile } from './download.ts'
import type { Installed } from './installed.ts'

/** One app, project or OS update to install. */
export interface Item {
  deployment: string
  type: 'apk' | 'config' | 'ota'
  name: string
  version: string
  downloads: RemoteFile[]
  /** Hours within which it may be installed; any time without it. */
  window: Window | undefined
  /** What the hook reads on its standard input. */
  payload: object
  isInstalled: (installed: Installed) => boolean
  /** Adds the item to what is installed. */
  mark: (installed: Installed) => Installed
}

/** The items of an assignment, in the order in which they are installed. */
export function itemsOf({ apps, config, ota }: DesiredState): Item[] {
  const items: Item[] = apps.map((app) => ({
    deployment: app.deployment,
    type: 'apk',
    name: app.name,
    version: app.version,
    downloads: [app],
    window: app.window,
    payload: app,
    isInstalled: (installed) => installed.apps[app.name] === app.version,
    mark: (installed) => ({ ...installed, apps: { ...installed.apps, [app.name]: app.version } }),
  }))
  if (config) {
    const { deployment, project, version, media } = config
    items.push({
      deployment,
      type: 'config',
      name: project,
      version,
      downloads: media,
      window: config.window,
      payload: config,
      isInstalled: (installed) => installed.project?.project === project && installed.project.version === version,
      mark: (installed) => ({ ...installed, project: { project, version } }),
    })
  }
  if (ota) {
    const { deployment, version, url, sha256, size } = ota
    const isFile = url !== undefined && sha256 !== undefined && size !== undefined
    items.push({
      deployment,
      type: 'ota',
      name: 'mason-os',
      version,
      downloads: isFile ? [{ url, sha256, size }] : [],
      window: ota.window,
      payload: ota,
      isInstalled: ({ release }) => release === version,
      mark: (installed) => ({ ...installed, release: version }),
    })
  }
  return items
}
