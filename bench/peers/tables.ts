import { table } from '../table.ts'
import type { HttpResults } from './http.ts'
import type { MqttResult } from './mqtt.ts'
import { type Work, works } from './peer.ts'

const titles: Record<Work, string> = {
  read: 'Read a device, key checked',
  page: 'Page of 100 devices',
  update: 'Update of two members, durable',
}

const round = (value: number) => Math.round(value).toLocaleString('en')
const ratio = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)}×`

/** Requests a second; the last column is ours beside the best of the others. */
export function httpTable({ names, rates, leavesOut }: HttpResults): string {
  const rows = works.map((work) => {
    const [ours = 0, ...others] = rates[work]
    return [titles[work], ...rates[work].map((rate) => `${round(rate)}/s`), ratio(ours / Math.max(...others))]
  })
  return `${table(['work', ...names, 'beside the best'], rows)}\n\n${leavesOut.map((line) => `- ${line}`).join('\n')}`
}

const measures: { title: string; unit: string; read(result: MqttResult): number; isLess?: boolean }[] = [
  { title: 'Connects', unit: '/s', read: ({ connects }) => connects },
  { title: 'Connects over TLS', unit: '/s', read: ({ tlsConnects }) => tlsConnects },
  { title: 'First message of a fan-out', unit: ' ms', read: ({ firstMs }) => firstMs, isLess: true },
  { title: 'Last message of a fan-out', unit: ' ms', read: ({ lastMs }) => lastMs, isLess: true },
  { title: 'Memory of an idle connection', unit: ' KB', read: ({ idleKb }) => idleKb, isLess: true },
  { title: 'Memory of an idle connection over TLS', unit: ' KB', read: ({ tlsIdleKb }) => tlsIdleKb, isLess: true },
]

/** The ratios say how many times as good the platform is: below 1 it is worse. */
export function mqttTable({ results, leavesOut }: { results: MqttResult[]; leavesOut: string[] }): string {
  const [ours, ...others] = results
  const rows = measures.map(({ title, unit, read, isLess }) => {
    const own = ours ? read(ours) : Number.NaN
    const ratios = others.map((other) => ratio(isLess ? read(other) / own : own / read(other)))
    return [title, ...results.map((result) => `${round(read(result))}${unit}`), ...ratios]
  })
  const head = ['work', ...results.map(({ name }) => name), ...others.map(({ name }) => `beside ${name}`)]
  return `${table(head, rows)}\n\n${leavesOut.map((line) => `- ${line}`).join('\n')}`
}
