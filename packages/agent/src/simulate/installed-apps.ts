import type { Report } from '../check-in/report.ts'
import type { Random } from './random.ts'

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

// One object for each package and version, shared by all devices: the fleet's app lists would else fill the memory.
const versions: readonly (readonly App[])[] = packageNames.map((name, index) =>
  Array.from({ length: 6 }, (_, step) => ({ name, version: String(10_000 + index * 370 + step * 3) })),
)

/** The apps on a device, of which one is now and then updated. */
export class InstalledApps {
  #apps: App[]
  /** Deployed ones have the version that was deployed, and no other. */
  readonly #deployed = new Set<string>()

  constructor(random: Random) {
    const count = random.integer(8, 20)
    const shuffled = versions.map((of) => ({ of, order: random.fraction() })).sort((a, b) => a.order - b.order)
    const chosen = shuffled.slice(0, count).map(({ of }) => of[random.integer(1, 3)])
    this.#apps = chosen.filter((app) => app !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Updates an app, if there is a newer version. */
  update(random: Random): void {
    const chosen = random.integer(0, this.#apps.length - 1)
    const isChosen = ({ name }: App, place: number) => place === chosen && !this.#deployed.has(name)
    this.#apps = this.#apps.map((app, place) => (isChosen(app, place) ? newerThan(app) : app))
  }

  /** Puts these on in place of other versions. */
  install(deployed: readonly App[]): void {
    const names = new Set(deployed.map(({ name }) => name))
    for (const name of names) this.#deployed.add(name)
    const others = this.#apps.filter(({ name }) => !names.has(name))
    const apps = deployed.map(({ name, version }) => ({ name, version }))
    this.#apps = [...others, ...apps].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  report(): App[] {
    return this.#apps
  }
}

function newerThan(app: App): App {
  const known = versions.find((of) => of[0]?.name === app.name) ?? []
  return known[known.indexOf(app) + 1] ?? app
}
