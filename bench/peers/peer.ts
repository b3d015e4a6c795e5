import type pg from 'pg'

/** A program that serves the same devices from the same PostgreSQL. */
export interface Peer {
  name: string
  /** What it does not do in what is measured, in plain words. */
  leavesOut: string
  /** Starts it on an empty database of its own and fills it. */
  start(place: Place): Promise<Started>
}

export interface Place {
  /** An empty folder. */
  folder: string
  connection: pg.ClientConfig
  /** A connection to the same database. */
  client: pg.Client
  devices: Device[]
}

/** The work that is compared. */
export const works = ['read', 'page', 'update'] as const
export type Work = (typeof works)[number]

export interface Started {
  pid: number
  port: number
  /** Each makes a request, as it is sent, about a device at random. */
  requests: Record<Work, () => string>
}

/** A device as the platform shows it. */
export interface Device {
  id: string
  name: string
  serialnumber: string
  family: string
  group: { name: string }
  createdAt: string
  lastcheckin: string
  online: boolean
  imei?: string
  battery?: object
  os?: object
  connection?: object
  apps?: object[]
}

/** A device as a row of `deviceTable`. */
export const rowOf = ({ group, createdAt, lastcheckin, ...device }: Device) => ({
  ...device,
  group_name: group.name,
  created_at: createdAt,
  last_checkin: lastcheckin,
})

/** What the peers that serve a table as it is are given. */
export const deviceTable = `
  CREATE TABLE device (
    id uuid PRIMARY KEY, name text NOT NULL, serialnumber text NOT NULL, family text NOT NULL, group_name text NOT NULL,
    created_at timestamptz NOT NULL, last_checkin timestamptz NOT NULL, online boolean NOT NULL, imei text,
    battery jsonb, os jsonb, connection jsonb, apps jsonb);
  CREATE INDEX ON device (created_at)`

/** Fills a table with objects that have its columns. */
export async function fillTable(client: pg.Client, table: string, rows: object[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 1_000)
    await client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(rows.slice(start, start + 1_000)),
    ])
  await client.query(`VACUUM ANALYZE ${table}`)
}

/** An HTTP request, as it is sent. */
export function request(method: string, path: string, headers: Record<string, string>, body = ''): string {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  const about = body === '' ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}${about}\r\n${body}`
}
