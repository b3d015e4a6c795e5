import type { Report } from '../check-in/report.ts'
import { type Host, listDirectory, readText } from './host.ts'

const powerSupplies = '/sys/class/power_supply'

/** The charge of the host's battery, or the mean of several, in percent. */
export async function readBattery(host: Host): Promise<Report['battery']> {
  const names = (await listDirectory(host, powerSupplies)).filter((name) => name.startsWith('BAT'))
  const texts = await Promise.all(names.map((name) => readText(host, `${powerSupplies}/${name}/capacity`)))
  const percents = texts.filter((text) => text !== undefined && /^\d{1,3}$/.test(text)).map(Number)
  if (percents.length === 0) return undefined
  const mean = percents.reduce((sum, percent) => sum + percent, 0) / percents.length
  // Some batteries report more than 100 %.
  return { level: String(Math.min(100, Math.round(mean))) }
}
