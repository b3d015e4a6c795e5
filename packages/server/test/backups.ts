import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createApiKey } from '@mason/contract/apikey'
import { listEvents } from '@mason/contract/event'
import { notifyDevice } from '@mason/contract/notification'
import { registerSim } from '@mason/contract/sim'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { registerApk } from './artifacts.ts'
import { asAdmin, openDatabase } from './databases.ts'
import { app, deployApp, newGroup } from './deployments.ts'
import { startPlatform } from './harness.ts'
import { runCommand } from './program.ts'
import { plainReport } from './reports.ts'
import { newDatabase } from './start.ts'
import { newUser } from './users.ts'

const folder = path.join(tmpdir(), `mason-backup-${randomBytes(6).toString('hex')}`)

/** A name of no file. */
export const newFile = () => path.join(folder, randomBytes(6).toString('hex'))

/** A database and a data directory. */
export interface Place {
  name: string
  environment: { DATABASE_URL: string; DATA_DIR: string }
}

/** A place with nothing in it. */
export async function newPlace(owner?: string): Promise<Place> {
  const { name, url } = await newDatabase()
  if (owner !== undefined) await asAdmin(`ALTER DATABASE ${name} OWNER TO ${owner}`)
  return { name, environment: { DATABASE_URL: url(owner), DATA_DIR: newFile() } }
}

/** Runs a command that must succeed. */
export async function run(args: string[], environment: Record<string, string> = {}): Promise<string> {
  const { code, output } = await runCommand(args, environment)
  expect(code, output).toBe(0)
  return output
}

/** Expects that a command fails and says this. */
export async function refuse(args: string[], environment: Record<string, string>, sentence: RegExp): Promise<void> {
  expect(await runCommand(args, environment)).toEqual({ code: 1, output: expect.stringMatching(sentence) })
}

/** Every row of every table, with its generated columns. */
export async function contentsOf({ name }: Place): Promise<Record<string, string>> {
  const { pool } = openDatabase(name)
  const { rows: tables } = await pool.query<{ name: string }>(`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'graphile_worker'::regnamespace)
      AND oid <> 'graphile_worker.migrations'::regclass`)
  const contents: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await pool.query<{ all: string }>(`
      SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")), '') AS all
      FROM ${name} AS t`)
    contents[name] = rows[0]?.all ?? ''
  }
  return contents
}

export const iccid = plainReport.connection.sim[0]?.iccid ?? ''
export const marker = { key: 'customer', value: 'back\\slash, "é"' }

interface Source extends Place {
  /** Its backup. */
  file: string
  key: string
  /** Of a user with the usual password. */
  email: string
  /** A device with a command that waits. */
  device: { id: string; secret: string }
  lastEvent: string
}

/** A platform that has something of everything, was stopped, and has a backup. */
export function useBackedUpPlatform(): Source {
  // Many commands are processes of their own.
  vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })
  const source = { file: newFile() } as Source
  beforeAll(async () => {
    await mkdir(folder, { recursive: true })
    const platform = await startPlatform({}, { areJobsRunning: false })
    const { account, members } = await newGroup(platform, 3)
    for (const member of members) await member.checkIn({ ...plainReport, bootId: member.id, imei: undefined })
    const { id = '', secret = '' } = members[0] ?? {}
    await account.call(registerSim, { iccid, markers: [marker] })
    const usage = `id,iccid,start,end,upload,download\none,${iccid},2026-11-01T22:00:00Z,2026-11-02T02:00:00Z,5000000000,7\n`
    const headers = { 'content-type': 'text/csv' }
    await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, headers, body: usage })
    await registerApk(account, 'com.example.other', 3)
    await deployApp(account, 1)
    await members[0]?.checkIn({ partial: true, bootId: id, apps: [app(1)] })
    await account.call(notifyDevice, { id, type: 'refresh' })
    await account.call(createApiKey, { name: 'reader', scopes: ['fleet:read'] })
    const { email } = await newUser(platform, account)
    for (const name of ['roll-locations', 'fold-usage']) await platform.runJob(name)
    const lastEvent = (await account.call(listEvents, { limit: 1000 })).data.at(-1)?.id ?? ''
    const { rows } = await platform.database.pool.query<{ name: string }>('SELECT current_database() AS name')
    const name = rows[0]?.name ?? ''
    const { host = '', port } = platform.database.pool.options
    await platform.stop()
    const DATABASE_URL = `postgres://postgres@/${name}?host=${encodeURIComponent(host)}&port=${port}`
    const environment = { DATABASE_URL, DATA_DIR: platform.config.DATA_DIR }
    await run(['backup', source.file], environment)
    Object.assign(source, { name, environment, key: account.key, email, device: { id, secret }, lastEvent })
  })
  afterAll(async () => {
    vi.resetConfig()
    await rm(folder, { recursive: true, force: true })
  })
  return source
}
