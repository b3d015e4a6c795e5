import { compareVersions } from '@mason/contract/version'
import type { Report } from '../../check-in/report.ts'
import type { Random } from '../random.ts'

type App = NonNullable<Report['apps']>[number]

const packageNames = [
  'com.android.webview',
  'com.android.settings',
  'com.android.bluetooth',
  'com.android.certinstaller',
  'com.android.providers.downloads',
  'com.android.inputmethod.latin',
  'com.example.launcher',
  'com.example.updater',
  'com.example.telemetry',
  'com.example.till',
  'com.example.till.scanner',
  'com.example.kiosk',
  'com.example.menu',
  'com.example.signage.player',
  'com.example.rooms',
  'com.example.telematics',
  'com.example.navigation',
  'com.example.dispatch',
  'com.example.proofofdelivery',
  'com.example.payments',
  'com.example.payments.receipts',
  'com.example.inventory',
  'com.example.timeclock',
  'com.example.labels',
  'com.example.remotesupport',
  'com.example.tasks',
] as const

// One object for each package and version, shared by all devices; otherwise the app lists of a fleet fill the memory.
const versions: readonly (readonly App[])[] = packageNames.map((name, index) =>
  Array.from({ length: 6 }, (_, step) => ({ name, version: String(10_000 + index * 370 + step * 3) })),
)

/** The apps of a simulated device, one of which is updated from time to time. */
export class DeviceApps {
  #apps: App[]
  /** Names of deployed apps, which keep the deployed version. */
  readonly #deployed = new Set<string>()

  constructor(random: Random) {
    const count = random.integer(8, 20)
    const shuffled = versions.map((of) => ({ of, order: random.fraction() })).sort((a, b) => a.order - b.order)
    const chosen = shuffled.slice(0, count).map(({ of }) => of[random.integer(1, 3)])
    this.#apps = chosen.filter((app) => app !== undefined).sort(byName)
  }

  /** Updates an app, if there is a newer version. */
  update(random: Random): void {
    const chosen = random.integer(0, this.#apps.length - 1)
    const isChosen = ({ name }: App, index: number) => index === chosen && !this.#deployed.has(name)
    this.#apps = this.#apps.map((app, index) => (isChosen(app, index) ? newerThan(app) : app))
  }

  /** Replaces the apps after a deployment. @param names the apps that were deployed. */
  deploy(apps: readonly App[], names: readonly string[]): void {
    for (const name of names) this.#deployed.add(name)
    this.#apps = apps.toSorted(byName)
  }

  /** The installed apps, sorted by name. */
  report(): App[] {
    return this.#apps
  }
}

const byName = (a: App, b: App) => (a.name < b.name ? -1 : 1)

/** The next version of an app, in the order that filters have as well; the app itself where it has the newest. */
function newerThan(app: App): App {
  const known = versions.find((of) => of[0]?.name === app.name) ?? []
  return known.find(({ version }) => compareVersions(version, app.version) > 0) ?? app
}
