import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { getDevice, listDevices } from '@mason/contract/device'
import { createEnrollment, enroll } from '@mason/contract/enrollment'
import { listEvents } from '@mason/contract/event'
import { createGroup, listGroups } from '@mason/contract/group'
import { getSim, registerSim } from '@mason/contract/sim'
import { createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { backUp } from '../src/core/backup/backup.ts'
import { writeWhole } from '../src/core/backup/streams.ts'
import { migrateQueue } from '../src/core/db/migrate-queue.ts'
import { contentsOf, iccid, marker, newFile, newPlace, type Place, run, useBackedUpPlatform } from './backups.ts'
import { asAdmin, databaseAt, openDatabase, shipped } from './databases.ts'
import { checkInAs } from './factories.ts'
import { generated } from './generated.ts'
import { newDataDir } from './program.ts'
import { usePrograms } from './programs.ts'
import { Browser, password } from './users.ts'

const main = path.resolve(import.meta.dirname, '../src/main.ts')
const start = usePrograms()
const source = useBackedUpPlatform()
const unlimited = {
  DEVICE_RATE_PER_SECOND: '1000000',
  DEVICE_RATE_BURST: '1000000',
  RATE_LIMIT_PER_SECOND: '1000000',
  RATE_LIMIT_BURST: '1000000',
}

test('has every row and every file, in a file that nobody else may read', async () => {
  expect((await stat(source.file)).mode & 0o777).toBe(0o600)
  const place = await newPlace()
  await run(['restore', source.file], place.environment)
  const contents = await contentsOf(source)
  expect(Object.keys(contents).length).toBeGreaterThan(60)
  expect(await contentsOf(place)).toEqual(contents)
  const filesOf = async ({ environment }: Place) => {
    const root = path.join(environment.DATA_DIR, 'storage', 'objects')
    const names = (await readdir(root, { recursive: true })).filter((name) => name.includes('/')).sort()
    return Promise.all(names.map(async (name) => [name, await readFile(path.join(root, name))]))
  }
  const files = await filesOf(source)
  expect(files.length).toBe(2)
  expect(await filesOf(place)).toEqual(files)
  for (const { text } of generated) {
    const [was, is] = [openDatabase(source.name), openDatabase(place.name)]
    expect(await text(is.pool)).toBe(await text(was.pool))
  }
  const report = await run(['verify', source.file])
  expect(report).toMatch(/^The backup is whole:\n.*database version \d+/)
  expect(report).toMatch(/\n {2}device\t3\n/)
  expect(report).toContain('without the encryption key')
})

test('goes on where it ended: users sign in, devices check in, keys read, and events go on behind all others', async () => {
  const place = await newPlace()
  const output = await run(['restore', source.file], place.environment)
  expect(output).toMatch(/encryption key is not here.*MASON_ENCRYPTION_KEY/)
  const MASON_ENCRYPTION_KEY = (await readFile(path.join(source.environment.DATA_DIR, 'encryption-key'), 'utf8')).trim()
  const { url } = await start({ ...place.environment, MASON_ENCRYPTION_KEY })
  expect((await new Browser(url).signIn(source.email, password)).status).toBe(200)
  const owner = createClient({ baseUrl: url, key: source.key })
  expect((await owner.call(listDevices, {})).data).toHaveLength(3)
  expect((await owner.call(getSim, { iccid })).data[0]?.markers).toEqual([marker])
  const answer = await checkInAs(
    url,
    source.device,
  )({ partial: true, bootId: source.device.id, battery: { level: '7' } })
  expect(answer.notifications, 'the command that was queued').toHaveLength(1)
  expect((await owner.call(getDevice, { id: source.device.id })).data[0]?.battery).toMatchObject({ level: '7' })
  await owner.call(registerSim, { iccid: '8988303000000614232' })
  const ids = (await owner.call(listEvents, { limit: 1000 })).data.map(({ id }) => id)
  expect(ids.indexOf(source.lastEvent)).toBeGreaterThan(0)
  // A follower may have read events that were lost with the platform: the new ones come behind those as well.
  expect(ids.at(-1)?.slice(0, 2)).not.toBe(source.lastEvent.slice(0, 2))
  expect(ids).toEqual([...ids].sort())
})

test('is restored by an owner of the database who is nothing else', async () => {
  const owner = `owner_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`CREATE ROLE ${owner} LOGIN`)
  const place = await newPlace(owner)
  await run(['restore', source.file], place.environment)
  expect(await contentsOf(place)).toEqual(await contentsOf(source))
  const again = newFile()
  await run(['backup', again], place.environment)
  expect(await run(['verify', again])).toMatch(/device\t3\n/)
})

test('passes through pipes, and has the key where that was asked for', async () => {
  const copy = newFile()
  const env = { PATH: process.env.PATH, ...source.environment }
  const shell = (line: string, more: object) =>
    promisify(execFile)('sh', ['-c', line], {
      env: { ...env, ...more, NODE: process.execPath, MAIN: main, COPY: copy },
    })
  await shell('"$NODE" "$MAIN" backup --with-key - | cat > "$COPY"', {})
  const place = await newPlace()
  const { stdout, stderr } = await shell('cat "$COPY" | "$NODE" "$MAIN" restore -', place.environment)
  expect(stdout).toContain('with the encryption key')
  expect(stderr).toBe('')
  const keyOf = (dataDir: string) => readFile(path.join(dataDir, 'encryption-key'), 'utf8')
  expect(await keyOf(place.environment.DATA_DIR)).toBe(await keyOf(source.environment.DATA_DIR))
  expect((await stat(path.join(place.environment.DATA_DIR, 'encryption-key'))).mode & 0o777).toBe(0o600)
  const other = await newPlace()
  const output = await run(['restore', copy], { ...other.environment, MASON_ENCRYPTION_KEY: 'a'.repeat(64) })
  expect(output).toContain('The encryption key here is not the one')
})

test('of an older program is restored as it was, and brought up to date by the next start', async () => {
  const pool = await databaseAt(33)
  await migrateQueue(pool.database)
  await pool.query(`INSERT INTO account (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'old')`)
  const schema = {
    migrations: shipped.migrations.filter(({ version }) => version <= 33),
    definitions: { list: [], revision: 0 },
  }
  const older = newFile()
  const config = readConfig((await newPlace()).environment)
  await writeWhole(older, (openOutput) => backUp(config, pool.database, openOutput, { schema }))
  const place = await newPlace()
  await run(['restore', older], place.environment)
  const versions = async () => {
    const { rows } = await openDatabase(place.name).pool.query<{ version: number }>('SELECT version FROM migration')
    return rows.map(({ version }) => version)
  }
  expect(Math.max(...(await versions()))).toBe(33)
  expect(await run(['account', 'list'], place.environment)).toMatch(/^old\t/)
  expect(await versions()).toHaveLength(shipped.migrations.length)
  for (const { text } of generated)
    expect(await text(openDatabase(place.name).pool)).toBe(await text(openDatabase(source.name).pool))
})

test('is written beside a server that goes on, and has all that was answered before', async () => {
  const DATA_DIR = await newDataDir()
  const {
    url,
    ownerKey: key = '',
    output,
  } = await start({ DATA_DIR, MASON_OWNER_EMAIL: 'ada@example.com', ...unlimited })
  const secret = /Owner password: (\S+)/.exec(output())?.[1] ?? ''
  const owner = createClient({ baseUrl: url, key })
  const [enrollment] = (await owner.call(createEnrollment, {})).data
  const enrolled = await createClient({ baseUrl: url }).call(enroll, {
    token: enrollment?.token ?? '',
    ...{ serialnumber: 'SN-1', family: 'D450', bootId: 'b' },
  })
  let isOver = false
  let answered = 0
  const writing = (async () => {
    const checkIn = checkInAs(url, enrolled)
    for (let count = 1; !isOver; count++) {
      await owner.call(createGroup, { name: `group-${count}` })
      await checkIn({ partial: true, apps: [{ name: 'count', version: String(count) }] })
      answered = count
    }
  })()
  await expect.poll(() => answered).toBeGreaterThan(3)
  const before = answered
  const file = newFile()
  await run(['backup', '--with-key', file], { DATA_DIR })
  isOver = true
  await writing
  const place = newFile()
  await run(['restore', file], { DATA_DIR: place })
  const restored = await start({ DATA_DIR: place })
  expect(restored.ownerKey).toBeUndefined()
  const again = createClient({ baseUrl: restored.url, key })
  const { data: groups } = await again.call(listGroups, { limit: 1000 })
  // The group that is written before a version of the app is there whenever that is: the snapshot is of one moment.
  const [device] = (await again.call(getDevice, { id: enrolled.id })).data
  const version = Number(device?.apps?.find(({ name }) => name === 'count')?.version)
  expect(version).toBeGreaterThanOrEqual(before)
  expect(groups.length - 1).toBeGreaterThanOrEqual(version)
  expect(groups.length - 1).toBeLessThanOrEqual(version + 1)
  await checkInAs(restored.url, enrolled)({ partial: true })
  expect((await new Browser(restored.url).signIn('ada@example.com', secret)).status).toBe(200)
})
