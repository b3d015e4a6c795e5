import type pg from 'pg'

/** Creates the bare table of the read floors: the documents that the platform serves, as stored text. */
export async function fillDocuments(client: pg.Client): Promise<void> {
  await client.query('CREATE TABLE floor_document (id uuid PRIMARY KEY, document text NOT NULL)')
  await client.query('INSERT INTO floor_document SELECT id, document FROM device_document ORDER BY id')
}
