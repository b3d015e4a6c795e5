/** A hardware family of simulated devices. */
export interface Family {
  name: string
  /** The prefix of its serial numbers. */
  serialPrefix: string
  /** Type allocation code, the first 8 digits of an IMEI; absent when no model has a modem. Source: 3GPP TS 23.003 §6.2. */
  tac?: string
  /** Share of the devices that have a SIM, from 0 to 1. */
  cellularShare: number
  /** Battery life in hours; absent for a device without a battery. */
  batteryHours?: number
  /** Whether it travels. */
  isMobile: boolean
  roles: readonly [string, ...string[]]
  project: string
  projectVersions: readonly [string, ...string[]]
  /** OS releases with their builds. */
  releases: readonly [OsRelease, ...OsRelease[]]
}

interface OsRelease {
  release: string
  incremental: string
}

const current: OsRelease = { release: '2.14.0', incremental: '214003' }
const previous: OsRelease = { release: '2.13.2', incremental: '213207' }
const old: OsRelease = { release: '2.11.1', incremental: '211104' }

/** The families that a simulation can use. */
export const families: readonly [Family, ...Family[]] = [
  {
    name: 'D450',
    serialPrefix: 'MSN450-',
    tac: '35693803',
    cellularShare: 0.4,
    batteryHours: 11,
    isMobile: false,
    roles: ['till', 'kiosk', 'handheld'],
    project: 'storefront',
    projectVersions: ['41', '41', '40'],
    releases: [current, current, previous],
  },
  {
    name: 'D210',
    serialPrefix: 'MSN210-',
    cellularShare: 0,
    isMobile: false,
    roles: ['signage', 'menu-board', 'room-panel'],
    project: 'displays',
    projectVersions: ['17', '17', '15'],
    releases: [current, previous, old],
  },
  {
    name: 'G430',
    serialPrefix: 'G4',
    tac: '86784503',
    cellularShare: 1,
    batteryHours: 30,
    isMobile: true,
    roles: ['van', 'truck', 'trailer'],
    project: 'telematics',
    projectVersions: ['8', '8', '8', '7'],
    releases: [current, previous, previous],
  },
  {
    name: 'P310',
    serialPrefix: 'P310A',
    tac: '35290611',
    cellularShare: 0.85,
    batteryHours: 8,
    isMobile: true,
    roles: ['payment', 'courier', 'steward'],
    project: 'payments',
    projectVersions: ['102', '102', '101', '99'],
    releases: [current, current, old],
  },
]
