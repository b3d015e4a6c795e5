import type { Checkin } from '@mason/contract/checkin'
import { readImei } from '@mason/contract/identifiers'
import type { ReportedFile } from './project-file.ts'

/** What an agent says of its device, as far as anybody here reads it. */
export interface DeviceInfo {
  serial: string | undefined
  model: string | undefined
  imei: string | undefined
  androidVersion: string | undefined
  batteryLevel: number | undefined
  iccids: string[]
  /** Only apps that it was told to have, by the names of their versions. */
  apps: { pkg: string; version: string }[]
  /** Only files that it was told to have. */
  files: ReportedFile[]
  location: { ts: number; lat: number; lon: number } | undefined
}

const maxApps = 1_000
const maxFiles = 100
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text that can be kept; undefined for anything else. */
const text = (value: unknown, most: number): string | undefined => {
  if (typeof value !== 'string') return undefined
  const read = value.toWellFormed().replaceAll('\0', '').trim().slice(0, most)
  return read === '' ? undefined : read
}
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** Reads member by member: one that makes no sense is left out. @returns undefined for what is no object. */
export function readDeviceInfo(value: unknown): DeviceInfo | undefined {
  if (!isObject(value)) return undefined
  const apps = Array.isArray(value.applications) ? value.applications.slice(0, maxApps) : []
  const files = Array.isArray(value.files) ? value.files.slice(0, maxFiles) : []
  const place = isObject(value.location) ? value.location : {}
  const [ts, lat, lon] = [number(place.ts), number(place.lat), number(place.lon)]
  const imei = text(value.imei, 100)
  return {
    serial: text(value.serial, 100),
    model: text(value.model, 100),
    imei: imei === undefined ? undefined : readImei(imei),
    androidVersion: text(value.androidVersion, 100),
    batteryLevel: number(value.batteryLevel),
    iccids: [text(value.iccid, 100), text(value.iccid2, 100)].filter((iccid) => iccid !== undefined),
    apps: apps.flatMap((app) => {
      const [pkg, version] = isObject(app) ? [text(app.pkg, 255), text(app.version, 100)] : []
      return pkg === undefined || version === undefined || version === '0' ? [] : [{ pkg, version }]
    }),
    files: files.flatMap((file) => {
      const [path, lastUpdate] = isObject(file) ? [text(file.path, 1_000), number(file.lastUpdate)] : []
      return path === undefined || lastUpdate === undefined ? [] : [{ path, lastUpdate }]
    }),
    location: ts === undefined || lat === undefined || lon === undefined ? undefined : { ts, lat, lon },
  }
}

/** What it has shown otherwise, which no report of its own holds. */
export interface Shown {
  bootId: string | null
  configAt: string | null
}

/** What its words mean to the platform. */
interface Meanings {
  codeOf: (pkg: string, version: string) => string
  project: { project: string; version: string } | undefined
}

/** The same as a report of the platform's own protocol, whole. */
export function reportOf(info: DeviceInfo, shown: Shown, { codeOf, project }: Meanings): Checkin {
  const { model, imei, androidVersion, batteryLevel, iccids, apps, location } = info
  const places = new Map(apps.map(({ pkg, version }) => [pkg, codeOf(pkg, version)]))
  return {
    ...(shown.bootId !== null && { bootId: shown.bootId }),
    ...(shown.configAt !== null && { updateCheckedAt: shown.configAt }),
    ...(imei !== undefined && { imei }),
    ...(batteryLevel !== undefined && {
      battery: { level: String(Math.min(100, Math.max(0, Math.round(batteryLevel)))) },
    }),
    apps: [...places].map(([name, version]) => ({ name, version })),
    os: {
      configuration: { ...(model !== undefined && { device: model }), ...project },
      masonOS: { ...(androidVersion !== undefined && { release: androidVersion }) },
    },
    ...(iccids.length > 0 && { connection: { sim: iccids.map((iccid) => ({ iccid })) } }),
    ...(location && {
      location: {
        latitude: location.lat,
        longitude: location.lon,
        recordedAt: new Date(Math.min(Math.max(location.ts, 0), 8.64e15)).toISOString(),
      },
    }),
  }
}
