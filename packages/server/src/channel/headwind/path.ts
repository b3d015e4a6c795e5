import { headwindProject } from '../../fleet/enrollment/qr.ts'

/** Who calls, by the first part of the path: whoever holds an enrollment token, or a device with a secret of its own. */
export type Caller = { kind: 'token'; token: string } | { kind: 'device'; id: string; secret: string }

const ofDevice = /^d([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9A-Za-z]{43})$/

/** Reads what stands behind `hw-`. */
export function readCaller(secret: string): Caller | undefined {
  if (/^enroll_[0-9A-Za-z]{32}$/.test(secret)) return { kind: 'token', token: secret }
  const [, ...parts] = ofDevice.exec(secret) ?? []
  const own = parts.pop()
  return own === undefined ? undefined : { kind: 'device', id: parts.join('-'), secret: own }
}

/** The address of the platform for one device, which nobody else knows. */
export const serverOf = (publicUrl: string, id: string, secret: string): string =>
  `${publicUrl}/${headwindProject(`d${id.replaceAll('-', '')}${secret}`)}`
