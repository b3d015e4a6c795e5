import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { arrowsUp, circlesOfRooms, type Imports } from './floors.ts'

const source = path.resolve(import.meta.dirname, '../src')

/** Types count as well: who needs a type of somebody cannot be understood without them. */
async function readImports(): Promise<Imports> {
  const names = await readdir(source, { recursive: true })
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const read = async (file: string) => {
    const text = await readFile(path.join(source, file), 'utf8')
    const targets = [...text.matchAll(/(?:\bfrom|\bimport) \(?'(\.[^']+)'|\bimport\('(\.[^']+)'\)/g)]
    const paths = targets.map(([, plain, called]) => path.join(path.dirname(file), plain ?? called ?? ''))
    return [file, paths.filter((target) => !target.startsWith('..'))] as const
  }
  return new Map(await Promise.all(files.map(read)))
}

test('a floor of the server imports floors below it, and nothing above', async () => {
  const imports = await readImports()
  expect(imports.get('core/http/router.ts')).toContain('core/errors.ts')
  expect(arrowsUp(imports)).toEqual([])
})

test('no two folders of the server need each other', async () => {
  expect(circlesOfRooms(await readImports())).toEqual([])
})

const planted = (from: string, to: string): Imports => new Map([[from, [to]]])

test.each([
  ['core/db/open.ts', 'access/scopes.ts'],
  ['software/deployment/advance.ts', 'fleet/wake-ups.ts'],
  ['outward/event/stream.ts', 'web/console/routes.ts'],
  ['web/console/routes.ts', 'outward/event/stream.ts'],
  ['config.ts', 'access/scopes.ts'],
  ['fleet/group/service.ts', 'app.ts'],
])('an arrow from %s to %s is seen', (from, to) => {
  expect(arrowsUp(planted(from, to))).toEqual([`${from} → ${to}`])
})

test.each([
  ['fleet/device/service.ts', 'software/deployment/service.ts'],
  ['core/db/open.ts', 'config.ts'],
  ['config.ts', 'core/settings/url.ts'],
  ['app.ts', 'web/console/routes.ts'],
  ['serve.ts', 'app.ts'],
])('an arrow from %s to %s is none that leads up', (from, to) => {
  expect(arrowsUp(planted(from, to))).toEqual([])
})

test('a circle of folders is seen, through however many it goes', () => {
  const imports: Imports = new Map([
    ['fleet/a/one.ts', ['fleet/b/one.ts']],
    ['fleet/b/two.ts', ['fleet/c.ts']],
    ['fleet/c.ts', ['fleet/a/two.ts', 'fleet/c.ts']],
    ['fleet/d/one.ts', ['fleet/a/one.ts']],
  ])
  expect(circlesOfRooms(imports)).toEqual(['fleet/a → fleet/b → fleet/c.ts → fleet/a'])
})
