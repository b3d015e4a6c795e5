import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lockSpaces, locks } from '../src/core/db/locks.ts'

const textsIn = (folder: URL) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.test)\.(ts|sql)$/.test(path) && path !== 'schema.sql')
    .map((path) => readFileSync(new URL(path, folder), 'utf8'))

test('no two advisory locks have the same number', () => {
  const numbers = [...Object.values(locks), ...Object.values(lockSpaces)]
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('every advisory lock of the program is in core/db/locks.ts, or a function of sql/ for things of an account', () => {
  const taken = textsIn(new URL('../src/', import.meta.url)).flatMap((text) => [
    ...text.matchAll(/pg_(?:try_)?advisory(?:_xact)?_lock(?:_shared)?\(([^;]{0,80})/g),
  ])
  expect(taken.length).toBeGreaterThan(6)
  const isKnown = (what: string) =>
    /^(\$\{(locks|lockSpaces)\.|\$\{\w+Lock\(|\w+_lock\(|\$1\) AS taken', \[\s*locks\.)/.test(what)
  expect(taken.map(([, what = '']) => what).filter((what) => !isKnown(what))).toEqual([])
})

test('SQL takes its locks by the same numbers', () => {
  const numbers = textsIn(new URL('../sql/', import.meta.url)).flatMap((text) => [
    ...text.matchAll(/(?:advisory_xact_lock(?:_shared)?\(|classid = )(\d+)/g),
  ])
  expect(new Set(numbers.map(([, number]) => Number(number)))).toEqual(new Set([lockSpaces.eventOrder]))
})
