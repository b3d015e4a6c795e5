import type pg from 'pg'
import type { Fleet } from './fleet.ts'
import { twoDigits } from './random.ts'
import { postRequest } from './request.ts'

/** A device that checks in under its own credential with what it reported before, except for values that always change. */
export interface Reporter {
  id: string
  secret: string
  /** Battery and connection, which devices send most often. */
  partial: Report
  /** Everything that a device reports. */
  whole: Report
}

/** A report as JSON in pieces; two digits that always change go between them. */
export type Report = readonly string[]

/** Writes a report with new digits between its pieces. */
export const writeReport = (report: Report) => report.reduce((text, piece) => text + twoDigits() + piece)

/** Writes a report as an HTTP request. */
export function postReport({ id, secret, ...reports }: Reporter, kind: 'partial' | 'whole'): string {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return postRequest('/agent/v1/checkin', authorization, writeReport(reports[kind]))
}

/** Draws devices at random: enough that none comes near its own rate limit. */
export async function drawReporters(client: pg.Client, fleet: Fleet, count: number): Promise<Reporter[]> {
  const { rows } = await client.query<Row>(`
    SELECT * FROM (SELECT row_number() OVER (ORDER BY id)::int - 1 AS index, id, boot_id, imei, apps, os, connection
                   FROM device_document WHERE last_checkin > now() - interval '1 day') AS device
    ORDER BY random() LIMIT ${count}`)
  const indexes = new Map(fleet.ids.map((id, index) => [id, index]))
  return rows.map((row) => reporter(row, fleet.secretOf(indexes.get(row.id) ?? 0)))
}

interface Row {
  id: string
  boot_id: string
  imei: string
  apps: string
  os: string
  connection: string
}

function reporter({ id, boot_id, imei, apps, os, connection }: Row, secret: string): Reporter {
  const [beforeAddress = '', afterAddress = ''] = connection.split(/(?<="192\.168\.1\.)\d\d(?=")/)
  // Members are stored as they are in a document: a comma, the name, the value.
  const rest = `"bootId":"${boot_id}","imei":"${imei}"${apps}${os}`
  const [battery, address] = ['"battery":{"level":"', `"}${beforeAddress}`]
  return {
    id,
    secret,
    partial: [`{"partial":true,${battery}`, address, `${afterAddress}}`],
    whole: [`{${battery}`, address, `${afterAddress},${rest}}`],
  }
}
