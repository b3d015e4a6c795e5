import type { Report } from '../check-in/report.ts'
import { readBattery } from './battery.ts'
import { readBluetooth } from './bluetooth.ts'
import { readBootId } from './boot.ts'
import { readDataUsage } from './data-usage.ts'
import type { Host } from './host.ts'
import { listInterfaces } from './network.ts'
import { readOs } from './os.ts'
import { readPackages } from './packages.ts'
import { readTimezone } from './timezone.ts'
import { readWifi } from './wifi.ts'

/** Reads the whole report of the host; what it lacks is absent. */
export async function readReport(host: Host, now: Date): Promise<Report> {
  const [bootId, battery, apps, os, connection, timezone] = await Promise.all([
    readBootId(host),
    readBattery(host),
    readPackages(host),
    readOs(host),
    readConnection(host, now),
    readTimezone(host),
  ])
  return {
    ...(bootId !== undefined && { bootId }),
    ...(battery && { battery }),
    ...(apps && { apps }),
    ...(os && { os }),
    ...(connection && { connection }),
    ...(timezone !== undefined && { timezone }),
  }
}

async function readConnection(host: Host, now: Date): Promise<Report['connection']> {
  const interfaces = await listInterfaces(host)
  const [wifi, bluetooth, dataUsage] = await Promise.all([
    readWifi(host, interfaces),
    readBluetooth(host),
    readDataUsage(host, interfaces, now),
  ])
  if (!wifi && !bluetooth && !dataUsage) return undefined
  return { ...(wifi && { wifi }), ...(bluetooth && { bluetooth }), ...(dataUsage && { dataUsage }) }
}
