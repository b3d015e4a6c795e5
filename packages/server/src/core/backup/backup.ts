import { createHash, hash } from 'node:crypto'
import path from 'node:path'
import type { Writable } from 'node:stream'
import type pg from 'pg'
import { to } from 'pg-copy-streams'
import type { Config } from '../../config.ts'
import { type Database, Transaction } from '../db/database.ts'
import { locks } from '../db/locks.ts'
import { isCurrent, newest, readApplied } from '../db/migrate.ts'
import { readSchema, type Schema } from '../db/migration-files.ts'
import { keyAtHand, opens } from '../encryption-key.ts'
import { openDisk } from '../storage/disk.ts'
import { version } from '../version.ts'
import { readPartitions, readSequences, readTables } from './catalog.ts'
import { type Backup, format, type Head, type Manifest, parts, type Table } from './contents.ts'
import { type KeptFile, readFiles } from './files.ts'
import { once } from './once.ts'
import { ArchiveWriter } from './write-archive.ts'

export interface BackupOptions {
  /** Puts the encryption key into the backup. */
  withKey?: boolean
  /** Goes on without files that are gone. */
  withoutLostFiles?: boolean
  /** What the database has to be like: what this program makes of one, unless a test says otherwise. */
  schema?: Schema
}

/**
 * Writes the platform as of one moment, beside servers that go on: the database in one snapshot, then the files that it knows.
 * Nothing is removed meanwhile, and two backups are written one after the other.
 */
export async function backUp(
  config: Config,
  database: Database,
  openOutput: () => Promise<Writable>,
  { withKey = false, withoutLostFiles = false, ...options }: BackupOptions = {},
): Promise<Backup> {
  const schema = options.schema ?? (await readSchema())
  const folder = path.join(config.DATA_DIR, 'storage', 'objects')
  return once(database, 'BEGIN', async (holding) => {
    await refuseOther(new Transaction(holding), schema)
    await holding.query(`SELECT pg_advisory_xact_lock(${locks.backup})`)
    const key = withKey ? Buffer.from(await readKey(new Transaction(holding), config)) : undefined
    const lock = `LOCK TABLE ${(await readTables(holding)).map(({ name }) => name).join(', ')} IN ACCESS SHARE MODE`
    const archive = new ArchiveWriter(await openOutput())
    try {
      const { head, files, ...written } = await once(database, snapshot, async (client) => {
        // Takes no snapshot yet: whatever drops a table has come to its end, or waits.
        await client.query(lock)
        const head = await readHead(client, schema, config.S3_BUCKET ?? null)
        const files = head.bucket === null ? await readFiles(client, folder, withoutLostFiles) : []
        const text = Buffer.from(JSON.stringify(head))
        await archive.add(parts.head, text)
        const tables: Manifest['tables'] = []
        for (const table of head.tables) tables.push(await writeTable(client, archive, table))
        return { head, files, digest: sha256(text), tables }
      })
      // No vacuum is held back any more.
      await writeFiles(archive, folder, files)
      if (key) await archive.add(parts.key, key)
      const manifest = { head: written.digest, tables: written.tables, files, key: key ? sha256(key) : null }
      await archive.add(parts.manifest, Buffer.from(JSON.stringify(manifest)))
      await archive.end()
      return { head, manifest }
    } catch (error) {
      await archive.abandon(error as Error)
      throw error
    }
  })
}

const snapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
const sha256 = (bytes: Buffer) => hash('sha256', bytes)

async function refuseOther(db: Transaction, schema: Schema): Promise<void> {
  const applied = Math.max(0, ...(await readApplied(db)))
  if (applied === 0)
    throw new Error('There is no platform in this database: set DATA_DIR or DATABASE_URL as the server has it')
  if (await isCurrent(db, schema)) return
  throw new Error(
    `The database is of version ${applied} and this program makes ${newest(schema)}, or was not wholly brought there: back up with the program that runs on it, or run \`mason-server migrate\` first`,
  )
}

async function readKey(db: Transaction, config: Config): Promise<string> {
  const key = await keyAtHand(config)
  if (key !== undefined && (await opens(db, key))) return key
  throw new Error(
    `${key === undefined ? 'There is no encryption key here' : 'The encryption key here is not that of this database'}: set DATA_DIR or MASON_ENCRYPTION_KEY as the server has it, or leave --with-key away`,
  )
}

async function readHead(client: pg.PoolClient, { definitions }: Schema, bucket: string | null): Promise<Head> {
  const { rows } = await client.query<Pick<Head, 'takenAt' | 'queueVersion'>>(
    `SELECT iso_time(clock_timestamp()) AS "takenAt", (SELECT max(id) FROM graphile_worker.migrations) AS "queueVersion"`,
  )
  const [moment = { takenAt: '', queueVersion: 0 }] = rows
  const { rows: migrations } = await client.query<Head['migrations'][number]>(
    'SELECT version, name FROM migration ORDER BY version',
  )
  return {
    ...{ format, program: version, bucket, migrations, definitions, ...moment },
    tables: await readTables(client),
    partitions: await readPartitions(client),
    sequences: await readSequences(client),
  }
}

/** How much of a table is one part: an archive says before each how long it is. */
const partBytes = 2 ** 20

async function writeTable(
  client: pg.PoolClient,
  archive: ArchiveWriter,
  { name, columns, isPartitioned }: Table,
): Promise<Manifest['tables'][number]> {
  const list = columns.join(', ')
  const source = isPartitioned ? `(SELECT ${list} FROM ${name})` : `${name} (${list})`
  const rows = client.query(to(`COPY ${source} TO STDOUT`))
  // It hears of the end of its connection also when nobody reads it any more.
  rows.on('error', () => {})
  const digest = createHash('sha256')
  let number = 0
  for await (const part of inParts(rows)) {
    digest.update(part)
    await archive.add(parts.rows(name, ++number), part)
  }
  return { name, rows: rows.rowCount, sha256: digest.digest('hex') }
}

async function* inParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let part: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    part.push(chunk)
    length += chunk.length
    if (length < partBytes) continue
    yield Buffer.concat(part)
    part = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(part)
}

async function writeFiles(archive: ArchiveWriter, folder: string, files: KeptFile[]): Promise<void> {
  const disk = await openDisk(folder)
  for (const { sha256, size } of files) {
    const found = await archive.addStream(parts.file(sha256), size, await disk.get(sha256))
    if (found !== sha256)
      throw new Error(
        `The file ${disk.fileOf(sha256)} is damaged: its SHA-256 is ${found}. Put back the one of an earlier backup, or remove it and back up with --without-lost-files`,
      )
  }
}
