import { stat } from 'node:fs/promises'
import type pg from 'pg'
import { Transaction } from '../db/database.ts'
import { openDisk } from '../storage/disk.ts'
import { unreferenced } from '../storage/references.ts'

export interface KeptFile {
  sha256: string
  size: number
}

/**
 * The contents that the snapshot knows and the folder has.
 *
 * @throws when the folder lacks one that something refers to; `mayLack` leaves those out.
 */
export async function readFiles(client: pg.PoolClient, folder: string, mayLack: boolean): Promise<KeptFile[]> {
  const disk = await openDisk(folder)
  const none = await unreferenced(new Transaction(client))
  const { rows } = await client.query<KeptFile & { isNeeded: boolean }>({
    text: `SELECT sha256, size, NOT (${none.text}) AS "isNeeded" FROM storage_object AS o ORDER BY sha256`,
    values: none.values,
  })
  const files: KeptFile[] = []
  const lacking: string[] = []
  for (const { sha256, size, isNeeded } of rows) {
    const found = await stat(disk.fileOf(sha256)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.size === size) files.push({ sha256, size })
    else if (isNeeded) lacking.push(sha256)
  }
  const [first] = lacking
  if (first !== undefined && !mayLack)
    throw new Error(
      `${folder} lacks ${lacking.length} of the ${rows.length} files that the database knows, ${first} among them. Run this command where the server runs, with its DATA_DIR; if they are lost for good, --without-lost-files goes on without them`,
    )
  return files
}
