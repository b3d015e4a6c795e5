import type pg from 'pg'

export interface Column {
  name: string
  /** The OID of its type. */
  type: number
  /** Whether a table says that it may be null; false also where nothing is known, as of an expression. */
  isNullable: boolean
}

interface Field {
  name: string
  dataTypeID: number
  tableID: number
  columnID: number
}

interface Connection {
  parse(query: { name: string; text: string; types: number[] }): void
  describe(what: { type: 'S'; name: string }): void
  sync(): void
}

/** Asks PostgreSQL what a statement would return, without executing it. */
class Description {
  readonly #text: string
  readonly #done: PromiseWithResolvers<Field[]>
  #fields: Field[] = []

  constructor(text: string, done: PromiseWithResolvers<Field[]>) {
    this.#text = text
    this.#done = done
  }

  submit(connection: Connection): void {
    connection.parse({ name: '', text: this.#text, types: [] })
    connection.describe({ type: 'S', name: '' })
    connection.sync()
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    this.#fields = fields
  }

  handleError(error: Error): void {
    this.#done.reject(error)
  }

  handleReadyForQuery(): void {
    this.#done.resolve(this.#fields)
  }
}

export async function describeStatement(client: pg.Client, text: string): Promise<Column[]> {
  const done = Promise.withResolvers<Field[]>()
  client.query(new Description(text, done) as unknown as pg.Submittable)
  const fields = await done.promise
  const nullable = await client.query<{ position: number }>(
    `SELECT position::int FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY AS f (relation, number, position)
     JOIN pg_attribute ON attrelid = relation AND attnum = number JOIN pg_class AS c ON c.oid = relation
     WHERE NOT attnotnull AND relkind IN ('r', 'p')`,
    [fields.map(({ tableID }) => tableID), fields.map(({ columnID }) => columnID)],
  )
  const places = new Set(nullable.rows.map(({ position }) => position))
  return fields.map(({ name, dataTypeID }, index) => ({ name, type: dataTypeID, isNullable: places.has(index + 1) }))
}
