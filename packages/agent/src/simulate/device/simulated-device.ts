import type { Connection } from '@mason/contract/connection'
import type { DesiredState } from '@mason/contract/deployment'
import type { EnrollRequest } from '@mason/contract/enrollment'
import { hourMs } from '@mason/contract/time'
import type { Report } from '../../check-in/report.ts'
import { installedBy, withInstalled } from '../../deploy/installed.ts'
import { Random } from '../random.ts'
import { DeviceApps } from './apps.ts'
import { Battery } from './battery.ts'
import { DataUsage } from './data-usage.ts'
import type { Family } from './families.ts'
import { type FaultShares, type Faults, faultsOf, noFaults } from './faults.ts'
import { iccidOf, identityOf } from './identity.ts'
import { Journey } from './journey.ts'
import { type Site, sites } from './sites.ts'

const hoursBetweenReboots = 24 * 12
const hoursBetweenUpdates = 24 * 5
const hoursBetweenUpdateChecks = 6
// Android devices read their network counters rarely; this also keeps most check-ins small.
const reportsBetweenUsage = 4

/** Which device of which fleet. */
export interface DeviceOptions {
  family: Family
  seed: number
  /** Its number within the fleet, from 0. */
  index: number
  /** Which share of the fleet has which fault; none by default. */
  faults?: FaultShares
}

/**
 * A believable device. Its reports depend only on family, seed, index, the commands and deployments it receives, and the
 * times at which it reports. Members of a report that did not change since the last one are the same objects.
 */
export class SimulatedDevice {
  readonly enrollment: Omit<EnrollRequest, 'token' | 'bootId'>
  readonly faults: Faults
  /** The IANA time zone of its site. */
  readonly timezone: string
  /** What people would put on it. */
  readonly labels: { city: string; store: string; role: string }
  /** The SIM it reports, and the degrees east of its site; undefined in a device without a SIM. */
  readonly sim: { iccid: string; longitude: number } | undefined
  readonly #random: Random
  readonly #battery: Battery | undefined
  #apps: DeviceApps
  #os: Report['os']
  readonly #usage: DataUsage
  readonly #journey: Journey | undefined
  #bootId: string
  #connection: Connection
  #location: Report['location']
  #updateCheckedAtMs: number | undefined
  #resetAtMs: number | undefined
  #lastMs: number | undefined
  #reportsUntilUsage: number

  constructor({ family, seed, index, faults = noFaults }: DeviceOptions) {
    const random = new Random(seed, index)
    const site = random.pick(sites)
    const isCellular = random.chance(family.cellularShare)
    const identity = identityOf(family, seed, index)
    this.timezone = site.timezone
    this.faults = faultsOf(faults, seed, index)
    this.#random = random
    this.#battery = family.batteryHours === undefined ? undefined : new Battery(family.batteryHours, random)
    this.#apps = new DeviceApps(random)
    this.#os = osOf(family, random)
    const heaviest = this.#apps.report().filter(() => random.chance(0.5))
    this.#usage = new DataUsage(
      isCellular ? 'mobile' : 'wifi',
      heaviest.map(({ name }) => name),
      random,
    )
    this.#journey = family.isMobile ? new Journey(site, random) : undefined
    this.#bootId = random.uuid()
    const bluetooth = bluetoothOf(family, identity.serialnumber, random)
    const wifi = wifiOf(site, !isCellular, random)
    const sim = isCellular ? simOf(site, seed, index, random) : undefined
    this.sim = sim && { iccid: sim.iccid, longitude: site.longitude }
    this.#connection = { bluetooth, wifi, ...(sim && { sim: [sim] }) }
    this.#reportsUntilUsage = index % reportsBetweenUsage
    const [store, role] = [random.integer(1, 400), random.pick(family.roles)]
    this.labels = { city: site.city, store: String(store), role }
    this.enrollment = {
      serialnumber: identity.serialnumber,
      family: family.name,
      name: `${site.city}-${store}-${role}-${index + 1}`,
      ...(isCellular && identity.imei !== undefined && { imei: identity.imei }),
    }
  }

  /** The body of its enrollment request. */
  enrollmentRequest(token: string): EnrollRequest {
    return { token, ...this.enrollment, kind: 'simulated', bootId: this.#bootId }
  }

  /** Reboots, unless its fault is that it never manages to. */
  reboot(): void {
    if (!this.faults.rebootForever) this.#bootId = this.#random.uuid()
  }

  /** Checks for updates. */
  checkForUpdates(nowMs: number): void {
    this.#updateCheckedAtMs = nowMs
  }

  /** Installs everything that is assigned to it. */
  install(assigned: DesiredState): void {
    const installed = installedBy(assigned)
    const names = Object.keys(installed.apps)
    const { apps = [], os } = withInstalled({ apps: this.#apps.report(), os: this.#os }, installed)
    if (names.length > 0) this.#apps.deploy(apps, names)
    this.#os = os
  }

  /** Resets it to its factory state. */
  reset(nowMs: number): void {
    this.#bootId = this.#random.uuid()
    this.#apps = new DeviceApps(this.#random)
    this.#resetAtMs = nowMs
  }

  /**
   * Lets time pass up to a moment and reports the whole device at that moment.
   *
   * @param nowMs milliseconds since 1970; never earlier than in the last call.
   */
  report(nowMs: number): Report {
    this.#advance(nowMs)
    const { imei } = this.enrollment
    const battery = this.#battery?.report()
    return {
      bootId: this.#bootId,
      ...(imei !== undefined && { imei }),
      ...(battery && { battery }),
      apps: this.#apps.report(),
      ...(this.#os && { os: this.#os }),
      connection: this.#connection,
      timezone: this.timezone,
      ...(this.#location && { location: this.#location }),
      ...(this.#updateCheckedAtMs !== undefined && {
        updateCheckedAt: new Date(this.#updateCheckedAtMs).toISOString(),
      }),
      ...(this.#resetAtMs !== undefined && { resetAt: new Date(this.#resetAtMs).toISOString() }),
    }
  }

  #advance(nowMs: number): void {
    const random = this.#random
    const hours = this.#lastMs === undefined ? 0 : Math.max(0, nowMs - this.#lastMs) / hourMs
    this.#lastMs = nowMs
    this.#battery?.advance(hours, random)
    this.#usage.advance(hours, nowMs, random)
    if (random.chance(hours / hoursBetweenReboots)) this.reboot()
    if (random.chance(hours / hoursBetweenUpdates)) this.#apps.update(random)

    this.#updateCheckedAtMs ??= nowMs - random.between(0, hoursBetweenUpdateChecks) * hourMs
    if (nowMs - this.#updateCheckedAtMs > hoursBetweenUpdateChecks * hourMs) this.#updateCheckedAtMs = nowMs

    if (!this.#connection.dataUsage || this.#reportsUntilUsage-- <= 0) {
      this.#connection = { ...this.#connection, dataUsage: this.#usage.report(nowMs) }
      this.#reportsUntilUsage = reportsBetweenUsage
    }
    if (this.#journey && (this.#journey.advance(hours, random) || !this.#location)) {
      this.#location = this.#journey.report(nowMs, random)
    }
  }
}

function osOf(family: Family, random: Random): Report['os'] {
  return {
    configuration: {
      device: family.name.toLowerCase(),
      product: `mason_${family.name.toLowerCase()}`,
      project: family.project,
      version: random.pick(family.projectVersions),
    },
    masonOS: random.pick(family.releases),
  }
}

function bluetoothOf(family: Family, serialnumber: string, random: Random): Connection['bluetooth'] {
  const macAddress = random.macAddress()
  if (random.chance(0.6)) return { enabled: false, macAddress }
  const name = `${family.name} ${serialnumber.slice(-4)}`
  return { enabled: true, macAddress, name, pairedDevices: random.chance(0.5) ? [`Printer ${random.digits(4)}`] : [] }
}

function wifiOf({ city }: Site, isConnected: boolean, random: Random): Connection['wifi'] {
  const adapterMacAddress = random.macAddress()
  if (!isConnected) return { enabled: random.chance(0.5), adapterMacAddress }
  return {
    enabled: true,
    adapterMacAddress,
    bssid: random.macAddress(),
    ssid: `${city}-${random.pick(['store', 'ops', 'iot'])}`,
    ipaddress: `10.${random.integer(0, 255)}.${random.integer(0, 255)}.${random.integer(2, 254)}`,
  }
}

function simOf(site: Site, seed: number, index: number, random: Random) {
  const { name, iccidPrefix, ...network } = random.pick(site.carriers)
  return { carrier: name, ...network, iccid: iccidOf(iccidPrefix, seed, index) }
}
