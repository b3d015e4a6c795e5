import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Background } from '../src/core/background.ts'
import { Database } from '../src/core/db/database.ts'
import { readDefinitions } from '../src/core/db/definitions.ts'
import { startEmbedded } from '../src/core/db/embedded.ts'
import { migrate } from '../src/core/db/migrate.ts'
import { fileOf, fingerprint, generated, revisionFile } from './generated.ts'

// `npm run schema`: what is generated from the migrations and `sql/`, and checked in.
const log = { info: () => {}, error: console.error }
const folder = await mkdtemp(path.join(tmpdir(), 'mason-schema-'))
const { connection, stop } = await startEmbedded(folder, log, new Background(log))
const database = new Database({ ...connection, max: 2 })
await migrate(database)
for (const one of generated) await writeFile(fileOf(one), await one.text(database.pool))
await database.close()
await stop()
await rm(folder, { recursive: true })

const { list } = await readDefinitions()
const noted = JSON.parse(await readFile(revisionFile, 'utf8')) as { revision: number; hash?: string }
const hash = fingerprint(list)
if (noted.hash !== hash) {
  const revision = noted.hash === undefined ? noted.revision : noted.revision + 1
  await writeFile(revisionFile, `${JSON.stringify({ revision, hash }, null, 2)}\n`)
}
