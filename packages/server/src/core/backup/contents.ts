import T, { type Static } from 'typebox'

/**
 * A backup is a tar, compressed by zstd. Its parts, in this order: the head, the rows of the tables, the files, the encryption
 * key where it was asked for, and the manifest, without which a backup is no whole one.
 */
export const parts = {
  head: 'backup.json',
  /** What `COPY … TO STDOUT` writes, cut anywhere. */
  rows: (table: string, number: number) => `tables/${table}/${String(number).padStart(6, '0')}`,
  file: (sha256: string) => `files/${sha256}`,
  key: 'encryption-key',
  manifest: 'manifest.json',
} as const

/** Rises when a program that knows an earlier one cannot read it. */
export const format = 1

const Table = T.Object({
  /** As SQL writes it; only that of the queue has a schema. */
  name: T.String(),
  isPartitioned: T.Boolean(),
  /** As SQL writes them; generated columns are computed again. */
  columns: T.Array(T.String()),
})
export type Table = Static<typeof Table>

/** What a reader has to know before the first row. */
export const Head = T.Object({
  format: T.Integer(),
  /** The version of the program that wrote it. */
  program: T.String(),
  /** The moment whose state it has. */
  takenAt: T.String(),
  /** The migrations that the database had, and the definitions on top of them. */
  migrations: T.Array(T.Object({ version: T.Integer(), name: T.String() })),
  definitions: T.Object({
    revision: T.Integer(),
    list: T.Array(T.Object({ name: T.String(), comment: T.String(), text: T.String(), hash: T.String() })),
  }),
  /** The newest migration of the queue's own tables. */
  queueVersion: T.Integer(),
  tables: T.Array(Table),
  /** Statements that make the partitions, and such that complete them when their rows are there. */
  partitions: T.Object({ create: T.Array(T.String()), complete: T.Array(T.String()) }),
  sequences: T.Array(T.Object({ name: T.String(), value: T.String(), isCalled: T.Boolean() })),
  /** The bucket that has the files, when they are not in the backup. */
  bucket: T.Union([T.String(), T.Null()]),
})
export type Head = Static<typeof Head>

/** What was written, to be compared with what is read. Digests are SHA-256 in hexadecimal. */
export const Manifest = T.Object({
  head: T.String(),
  tables: T.Array(T.Object({ name: T.String(), rows: T.Integer(), sha256: T.String() })),
  files: T.Array(T.Object({ sha256: T.String(), size: T.Integer() })),
  key: T.Union([T.String(), T.Null()]),
})
export type Manifest = Static<typeof Manifest>

/** A backup that was read, or written, to its end. */
export interface Backup {
  head: Head
  manifest: Manifest
}

/** What is in a backup, for a person. */
export function describe({ head, manifest }: Backup): string {
  const count = (many: number, one: string) => `${many.toLocaleString('en')} ${one}${many === 1 ? '' : 's'}`
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const version = Math.max(...head.migrations.map(({ version }) => version))
  const rows = sum(manifest.tables.map(({ rows }) => rows))
  const bytes = sum(manifest.files.map(({ size }) => size))
  const files =
    head.bucket === null
      ? `${count(manifest.files.length, 'file')} of ${count(bytes, 'byte')}`
      : `no files: they are in the bucket ${head.bucket}`
  return [
    `a platform of the version ${head.program}, database version ${version}, as of ${head.takenAt}`,
    `${count(manifest.tables.length, 'table')} with ${count(rows, 'row')}`,
    files,
    `${manifest.key === null ? 'without' : 'with'} the encryption key`,
  ].join('\n  ')
}
