import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { Background } from '../src/core/background.ts'
import { backUp } from '../src/core/backup/backup.ts'
import { openInput, writeWhole } from '../src/core/backup/streams.ts'
import { verify } from '../src/core/backup/verify.ts'
import { startPeriodicJobs } from '../src/core/jobs/periodic.ts'
import { alter } from './altered-backup.ts'
import { contentsOf, newFile, newPlace, type Place, refuse, run, useBackedUpPlatform } from './backups.ts'
import { openDatabase } from './databases.ts'
import { emptyDataDir } from './program.ts'

const main = path.resolve(import.meta.dirname, '../src/main.ts')
const source = useBackedUpPlatform()

/** Expects that a refused restore has left nothing. */
async function expectNothing({ name, environment }: Place): Promise<void> {
  const { rows } = await openDatabase(name).pool.query(`
    SELECT nspname, relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname = 'graphile_worker' OR nspname = 'public'`)
  expect(rows).toEqual([])
  expect(existsSync(environment.DATA_DIR)).toBe(false)
}

test('that was changed or cut off anywhere is refused, and nothing is restored', async () => {
  const bytes = await readFile(source.file)
  const place = await newPlace()
  const refuseSpoilt = async (spoilt: Buffer, sentence: RegExp) => {
    const file = newFile()
    await writeFile(file, spoilt)
    await expect(verify(await openInput(file))).rejects.toThrow(sentence)
    return file
  }
  const refuseRestore = async (spoilt: Buffer, sentence: RegExp) =>
    refuse(['restore', await refuseSpoilt(spoilt, sentence)], place.environment, sentence)
  const flipped = (at: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  await refuseSpoilt(flipped(0), /^This is no backup of this program/)
  for (let at = 4; at < bytes.length; at += 997) await refuseSpoilt(flipped(at), /is (damaged|cut off)/)
  await refuseRestore(flipped(Math.floor(bytes.length / 2)), /is damaged/)
  await refuseRestore(flipped(bytes.length - 1), /is damaged/)
  for (let end = 0; end < bytes.length; end += 1999) await refuseSpoilt(bytes.subarray(0, end), /is cut off/)
  await refuseRestore(bytes.subarray(0, bytes.length / 2), /is cut off/)
  await refuseRestore(bytes.subarray(0, bytes.length - 1), /is cut off/)
  await refuseSpoilt(Buffer.concat([bytes, Buffer.from('more')]), /is cut off/)
  await refuseSpoilt(Buffer.from('PGDMP'), /^This is no backup/)
  await expectNothing(place)
})

test('is not restored where something is', async () => {
  const place = await newPlace()
  await run(['restore', source.file], place.environment)
  const before = await contentsOf(place)
  const database = { ...place.environment, DATA_DIR: newFile() }
  await refuse(['restore', source.file], database, /^DATABASE_URL: the database is not empty, it has account/)
  expect(await contentsOf(place)).toEqual(before)
  const files = { ...(await newPlace()).environment, DATA_DIR: place.environment.DATA_DIR }
  await refuse(['restore', source.file], files, /has files already/)
  await refuse(['backup', source.file], source.environment, /is there already/)
})

test('of a newer program is refused, with what to do', async () => {
  const place = await newPlace()
  const newer = [newFile(), newFile(), newFile()]
  await alter(source.file, newer[0] ?? '', { head: (head) => Object.assign(head, { format: 2, program: '9.0.0' }) })
  await alter(source.file, newer[1] ?? '', {
    head: (head) => {
      head.program = '9.0.0'
      head.migrations.push({ version: 9999, name: '9999_future.sql' })
    },
  })
  await alter(source.file, newer[2] ?? '', {
    head: (head) => Object.assign(head, { queueVersion: 9999, program: '9.0.0' }),
  })
  for (const one of newer) await refuse(['restore', one], place.environment, /newer program, 9\.0\.0/)
  await expectNothing(place)
})

test('without a file that the disk has lost is written only when that is asked for', async () => {
  const place = await newPlace()
  await run(['restore', source.file], place.environment)
  const objects = path.join(place.environment.DATA_DIR, 'storage', 'objects')
  const [lost = ''] = (await readdir(objects, { recursive: true })).filter((name) => name.includes('/'))
  await rm(path.join(objects, lost))
  const again = newFile()
  await refuse(['backup', again], place.environment, /lacks 1 of the 2 files.*--without-lost-files/)
  expect([existsSync(again), existsSync(`${again}.part`)]).toEqual([false, false])
  expect(await run(['backup', '--without-lost-files', again], place.environment)).toContain('1 file of')
})

test('that cannot be written to its end leaves nothing', async () => {
  const file = newFile()
  const { code, stderr } = await promisify(execFile)(
    'sh',
    ['-c', 'ulimit -f 4; trap "" XFSZ; exec "$0" "$1" backup "$2"', process.execPath, main, file],
    { env: { PATH: process.env.PATH, ...source.environment } },
  ).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  )
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`${file}.part: the file system takes no`),
  })
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
})

test('a refused restore leaves no DATA_DIR with a PostgreSQL of its own', async () => {
  const cut = newFile()
  const bytes = await readFile(source.file)
  await writeFile(cut, bytes.subarray(0, bytes.length - 100))
  const DATA_DIR = newFile()
  await refuse(['restore', cut], { DATA_DIR }, /is cut off/)
  expect(existsSync(DATA_DIR)).toBe(false)
  await refuse(['backup', newFile()], { DATA_DIR: await emptyDataDir() }, /^There is no platform in DATA_DIR=/)
})

test('nothing that a backup has to read is removed while one is written, and two are written one after the other', async () => {
  const database = openDatabase(source.name)
  let done = 0
  const job = { name: 'removal', everyMs: 1, waitsForBackup: true as const, run: async () => ++done < 0 }
  let goOn = () => {}
  const opened = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const write = (file: string, before: () => Promise<void>) =>
    writeWhole(file, (openOutput) =>
      backUp(readConfig(source.environment), database, async () => {
        await before()
        return openOutput()
      }),
    )
  let isSecondOpen = false
  let isFirstOpen = () => {}
  const begun = new Promise<void>((resolve) => {
    isFirstOpen = resolve
  })
  const first = write(newFile(), async () => {
    isFirstOpen()
    await opened
  })
  await begun
  const second = write(newFile(), async () => {
    isSecondOpen = true
  })
  const jobs = startPeriodicJobs(database, [job], new Background({ info: () => {}, error: () => {} }))
  const { rows } = await database.pool.query('SELECT pg_try_advisory_lock_shared(7310008) AS taken')
  expect(rows).toEqual([{ taken: false }])
  expect([done, isSecondOpen]).toEqual([0, false])
  goOn()
  await Promise.all([first, second])
  expect(isSecondOpen).toBe(true)
  await expect.poll(() => done).toBeGreaterThan(0)
  await jobs.stop()
})
