import { Checkin } from '@mason/contract/checkin'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { composeCheckin } from './compose.ts'
import type { Report } from './report.ts'

const report: Report = {
  bootId: 'boot-1',
  battery: { level: '80' },
  os: { masonOS: { release: '12' } },
  connection: { wifi: { enabled: true, ssid: 'shop' } },
}

test('a whole report when it is not known what the server holds', () => {
  expect(composeCheckin(undefined, report)).toEqual(report)
})

test('only the top-level members that changed', () => {
  const next = { ...report, battery: { level: '79' }, os: { masonOS: { release: '12' } } }
  expect(composeCheckin(report, next)).toEqual({ partial: true, battery: { level: '79' } })
})

test('a change deep inside sends the whole member', () => {
  const connection = { wifi: { enabled: true, ssid: 'yard' } }
  expect(composeCheckin(report, { ...report, connection })).toEqual({ partial: true, connection })
})

test('nothing changed', () => {
  expect(composeCheckin(report, structuredClone(report))).toEqual({ partial: true })
})

test('null removes a member that is gone', () => {
  const { battery: _, ...next } = report
  expect(composeCheckin(report, next)).toEqual({ partial: true, battery: null })
})

test('a member that comes into being', () => {
  const apps = [{ name: 'bash', version: '5.2' }]
  expect(composeCheckin(report, { ...report, apps })).toEqual({ partial: true, apps })
})

test('a member that the contract cannot remove makes the report whole', () => {
  const { bootId: _, ...next } = report
  expect(composeCheckin(report, next)).toEqual(next)
})

test('every composition satisfies the contract', () => {
  const members = Object.keys(report) as (keyof Report)[]
  for (const left of members)
    for (const known of [undefined, report]) {
      const { [left]: _, ...next } = report
      expect(Value.Check(Checkin, composeCheckin(known, next))).toBe(true)
    }
})
