import { type Device, getDevice } from '@mason/contract/device'
import type { Platform, TestAccount } from './harness.ts'

export interface ReportAnswer {
  status: number
  answer: {
    ignored?: { path: string; message: string }[]
    notifications?: { id: string }[]
    message?: string
  }
}

/** A report of which one member at a time is made odd. */
export const plainReport = {
  bootId: 'boot-1',
  imei: '356938035643809',
  battery: { level: '50' },
  apps: [
    { name: 'com.example.till', version: '1' },
    { name: 'com.example.kiosk', version: '2' },
  ],
  os: { masonOS: { release: '2.14', incremental: '77' } },
  connection: {
    wifi: { enabled: true, ssid: 'shop' },
    sim: [{ carrier: 'Example', iccid: '8988303000000614224', mcc: '901', mnc: '28' }],
  },
}

export const readDevice = async (account: TestAccount, id: string): Promise<Device> => {
  const [device] = (await account.call(getDevice, { id })).data
  if (!device) throw new Error('no device')
  return device
}

/** Sends a report as a device's own program would: any bytes, or any value as JSON. */
export async function sendReport(
  platform: Platform,
  { id, secret }: { id: string; secret: string },
  report: unknown,
): Promise<ReportAnswer> {
  const response = await platform.fetch('/agent/v1/checkin', {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: Buffer.isBuffer(report) ? new Uint8Array(report) : JSON.stringify(report),
  })
  return { status: response.status, answer: (await response.json()) as ReportAnswer['answer'] }
}

/** The value with one place of it, which need not be there yet, replaced. */
export function replacedAt(value: unknown, [token, ...rest]: (string | number)[], replacement: unknown): unknown {
  if (token === undefined) return replacement
  if (Array.isArray(value)) return value.with(Number(token), replacedAt(value[Number(token)], rest, replacement))
  const members = (value ?? {}) as Record<string, unknown>
  return { ...members, [token]: replacedAt(members[token], rest, replacement) }
}
