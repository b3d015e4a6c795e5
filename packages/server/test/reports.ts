import type { Platform } from './harness.ts'

export interface ReportAnswer {
  status: number
  answer: {
    ignored?: { path: string; message: string }[]
    notifications?: { id: string }[]
    message?: string
  }
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
