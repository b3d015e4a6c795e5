import type pg from 'pg'
import type { Fleet } from './fleet.ts'
import { twoDigits } from './random.ts'
import { postRequest } from './request.ts'

/** A device that checks in under its own credential with what it reported before, but for what changes all the time. */
export interface Reporter {
  id: string
  secret: string
  /** Battery and connection, as devices send mostly. */
  partial: Report
  /** Everything that a device reports. */
  whole: Report
}

/** A report as JSON; between its pieces stand the figures of two digits that are others every time. */
export type Report = readonly string[]

export const writeReport = (report: Report) => report.reduce((text, piece) => text + twoDigits() + piece)

/** The report as an HTTP request. */
export function postReport({ id, secret, ...reports }: Reporter, kind: 'partial' | 'whole'): string {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return postRequest('/agent/v1/checkin', authorization, writeReport(reports[kind]))
}

/** Reporters for devices drawn at random: enough that none comes near its own rate limit. */
export async function drawReporters(client: pg.Client, fleet: Fleet, count: number): Promise<Reporter[]> {
  const { rows } = await client.query<Row>(`
    SELECT * FROM (SELECT row_number() OVER (ORDER BY id)::int - 1 AS place, id, boot_id, imei, apps, os, connection
                   FROM device WHERE last_checkin > now() - interval '1 day') AS device
    ORDER BY random() LIMIT ${count}`)
  const places = new Map(fleet.ids.map((id, place) => [id, place]))
  return rows.map((row) => reporter(row, fleet.secretOf(places.get(row.id) ?? 0)))
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
  // Members are kept as they stand in a document: with their names, behind a comma.
  const rest = `"bootId":"${boot_id}","imei":"${imei}"${apps}${os}`
  const [battery, address] = ['"battery":{"level":"', `"}${beforeAddress}`]
  return {
    id,
    secret,
    partial: [`{"partial":true,${battery}`, address, `${afterAddress}}`],
    whole: [`{${battery}`, address, `${afterAddress},${rest}}`],
  }
}
