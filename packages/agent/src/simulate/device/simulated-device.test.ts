import { Checkin } from '@mason/contract/checkin'
import { EnrollRequest } from '@mason/contract/enrollment'
import { withLuhnDigit } from '@mason/contract/identifiers'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { composeCheckin } from '../../check-in/compose.ts'
import { makeDevices } from '../simulate.ts'
import { families } from './families.ts'
import { noFaults } from './faults.ts'
import { SimulatedDevice } from './simulated-device.ts'
import { sites } from './sites.ts'

const isCheckin = Compile(Checkin)
const isEnrollRequest = Compile(EnrollRequest)
const startMs = Date.parse('2026-11-02T09:30:00Z')

const options = fc.record({
  family: fc.constantFrom(...families),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  index: fc.integer({ min: 0, max: 999_999 }),
})
const stepsMs = fc.array(fc.integer({ min: 0, max: 40 * 86_400_000 }), { minLength: 1, maxLength: 30 })

/** What a device reports at moments that lie so far apart. */
function reportsOf(device: SimulatedDevice, steps: readonly number[]) {
  let nowMs = startMs
  return steps.map((stepMs) => {
    nowMs += stepMs
    return device.report(nowMs)
  })
}

test('every report and every partial check-in satisfies the contract', () => {
  fc.assert(
    fc.property(options, stepsMs, (which, steps) => {
      const reports = reportsOf(new SimulatedDevice(which), steps)
      for (const [index, report] of reports.entries()) {
        expect(isCheckin.Errors(report)).toEqual([])
        expect(isCheckin.Errors(composeCheckin(reports[index - 1], report))).toEqual([])
      }
    }),
  )
})

test('every enrollment satisfies the contract, with a valid IMEI', () => {
  fc.assert(
    fc.property(options, (which) => {
      const device = new SimulatedDevice(which)
      const { enrollment } = device
      expect(isEnrollRequest.Errors(device.enrollmentRequest('t'))).toEqual([])
      if (enrollment.imei) expect(withLuhnDigit(enrollment.imei.slice(0, -1))).toBe(enrollment.imei)
    }),
  )
})

test('a SIM has a valid 19-digit ICCID, and the network codes of its carrier', () => {
  const carriers = sites.flatMap((site) => site.carriers)
  fc.assert(
    fc.property(options, (which) => {
      for (const sim of new SimulatedDevice(which).report(startMs).connection?.sim ?? []) {
        const { iccid = '' } = sim
        expect(iccid).toMatch(/^89[0-9]{17}$/)
        expect(withLuhnDigit(iccid.slice(0, -1))).toBe(iccid)
        const carrier = carriers.find(({ name }) => name === sim.carrier)
        expect(carrier).toMatchObject({ mcc: sim.mcc, mnc: sim.mnc, countryiso: sim.countryiso })
        expect(iccid.startsWith(carrier?.iccidPrefix ?? 'none')).toBe(true)
      }
    }),
  )
})

test('equal seeds make equal devices, other seeds others', () => {
  fc.assert(
    fc.property(options, stepsMs, (which, steps) => {
      const device = new SimulatedDevice(which)
      const twin = new SimulatedDevice(which)
      const other = new SimulatedDevice({ ...which, seed: which.seed ^ 1 })
      expect(twin.enrollment).toEqual(device.enrollment)
      expect(reportsOf(twin, steps)).toEqual(reportsOf(device, steps))
      expect(other.enrollment.serialnumber).not.toBe(device.enrollment.serialnumber)
    }),
  )
})

test('serial numbers, IMEIs and ICCIDs are unique within a fleet', () => {
  const devices = [...makeDevices({ devices: 20_000, families, seed: 7, faults: noFaults })]
  const isUnique = (values: (string | undefined)[]) => {
    const known = values.filter((value) => value !== undefined)
    return known.length > 0 && new Set(known).size === known.length
  }
  expect(isUnique(devices.map(({ enrollment }) => enrollment.serialnumber))).toBe(true)
  expect(isUnique(devices.map(({ enrollment }) => enrollment.imei))).toBe(true)
  expect(isUnique(devices.map((device) => device.report(startMs).connection?.sim?.[0]?.iccid))).toBe(true)
})

test('a fleet is of the families asked for, in equal parts', () => {
  const [d450, , g430] = families
  if (!g430) throw new Error('there are four families')
  const devices = [...makeDevices({ devices: 10, families: [d450, g430], seed: 7, faults: noFaults })]
  expect(devices.map(({ enrollment }) => enrollment.family).sort()).toEqual([
    ...Array(5).fill('D450'),
    ...Array(5).fill('G430'),
  ])
})

test('data use only grows within a month and starts again with the next', () => {
  const device = new SimulatedDevice({ family: families[0], seed: 1, index: 0 })
  const cycles = reportsOf(device, Array(3000).fill(900_000)).map(
    ({ connection }) => connection?.dataUsage?.usageCycles?.[0],
  )
  const months = new Map<string, number[]>()
  for (const cycle of cycles) {
    const bytes = cycle?.usages[0]?.bytesReceived
    if (cycle && bytes !== undefined) months.set(cycle.startTime, [...(months.get(cycle.startTime) ?? []), bytes])
  }
  expect([...months.keys()]).toEqual(['2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'])
  for (const bytes of months.values()) expect(bytes).toEqual(bytes.toSorted((one, other) => one - other))
})

test('a battery drains and charges, apps are updated, the device reboots and moves', () => {
  const [, , family] = families
  if (!family) throw new Error('there are four families')
  const reports = reportsOf(new SimulatedDevice({ family, seed: 1, index: 0 }), Array(4000).fill(900_000))
  const levels = reports.map(({ battery }) => Number(battery?.level))
  expect(Math.min(...levels)).toBeLessThan(40)
  expect(Math.max(...levels)).toBeGreaterThan(90)
  expect(new Set(reports.map(({ bootId }) => bootId)).size).toBeGreaterThan(1)
  expect(new Set(reports.map(({ apps }) => JSON.stringify(apps))).size).toBeGreaterThan(1)
  expect(new Set(reports.map(({ location }) => location?.latitude)).size).toBeGreaterThan(100)
})

test('a reboot shows in the next report', () => {
  const device = new SimulatedDevice({ family: families[0], seed: 1, index: 0 })
  const before = device.report(startMs)
  device.reboot()
  expect(device.report(startMs).bootId).not.toBe(before.bootId)
})

test('a device that never manages to reboot keeps its boot id', () => {
  const faults = { ...noFaults, rebootForever: 1 }
  const device = new SimulatedDevice({ family: families[0], seed: 1, index: 0, faults })
  const before = device.report(startMs)
  device.reboot()
  expect(device.report(startMs).bootId).toBe(before.bootId)
})

test('a reset and a look for updates show in the next report', () => {
  const device = new SimulatedDevice({ family: families[0], seed: 1, index: 0 })
  const before = device.report(startMs)
  device.checkForUpdates(startMs + 1000)
  device.reset(startMs + 2000)
  const report = device.report(startMs + 3000)
  expect(report).toMatchObject({ updateCheckedAt: '2026-11-02T09:30:01.000Z', resetAt: '2026-11-02T09:30:02.000Z' })
  expect(report.bootId).not.toBe(before.bootId)
  expect(isCheckin.Errors(report)).toEqual([])
})

test('most check-ins are small: members that did not change are left out', () => {
  const device = new SimulatedDevice({ family: families[0], seed: 1, index: 0 })
  const reports = reportsOf(device, Array(100).fill(900_000))
  const bodies = reports.slice(1).map((report, index) => composeCheckin(reports[index], report))
  expect(bodies.filter(({ apps, os }) => !apps && !os).length).toBeGreaterThan(90)
  expect(bodies.filter(({ connection }) => !connection).length).toBeGreaterThan(70)
})
