import sql from 'sql-template-tag'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import { readSent } from '../../fleet/checkin/sent-report.ts'
import type { Checkins } from '../../fleet/checkin/service.ts'
import type { DesiredStates } from '../../software/deployment/desired.ts'
import { type DeviceInfo, reportOf, type Shown } from './device-info.ts'
import type { Polls } from './polls.ts'
import { projectOf } from './project-file.ts'
import { bootIn } from './push.ts'
import { codesByName, namedVersions } from './versions.ts'

interface Sources {
  db: Db
  checkins: Checkins
  desired: DesiredStates
  polls: Polls
}

/** Takes in what an agent says of its device, as a report of the platform's own protocol. */
export async function takeInfo(
  { db, checkins, desired, polls }: Sources,
  device: VerifiedDevice,
  info: DeviceInfo,
): Promise<void> {
  const { accountId, id } = device
  const { rows } = await db.query<Shown & { revision: string | null; isRebooting: boolean }>(sql`
    SELECT h.boot_id AS "bootId", iso_time(h.config_at) AS "configAt", d.desired AS revision,
      EXISTS (SELECT FROM notification AS n WHERE n.account_id = d.account_id AND n.device_id = d.id AND n.type = 'reboot'
                AND n.state = 'acknowledged') AS "isRebooting"
    FROM device AS d LEFT JOIN headwind_device AS h ON h.account_id = d.account_id AND h.device_id = d.id
    WHERE d.account_id = ${accountId} AND d.id = ${id}`)
  const shown = rows[0] ?? { bootId: null, configAt: null, revision: null, isRebooting: false }
  const wanted = { accountId, revision: shown.revision }
  const state = (await desired(db, [wanted]))(wanted)
  const packages = info.apps.map(({ pkg }) => pkg)
  const report = reportOf(info, shown, {
    codeOf: codesByName(await namedVersions(db, accountId, packages), state),
    project: projectOf(info.files, state),
  })
  // What another agent says may still break a rule of the report: that member is left out, as everywhere.
  const sent = readSent({ value: report, mayHoldBadText: false })
  await checkins.accept(device, sent, { isConnected: true, isRepeat: false })
  if (shown.isRebooting) polls.askForBoot(id)
  if (shown.bootId !== null && (await knowBoot(db, device, shown.bootId))) polls.nudge(id)
}

/** Reboots that were asked for before the boot was known can be seen from now on, and may begin. @returns whether there are any. */
async function knowBoot(db: Db, { accountId, id }: VerifiedDevice, bootId: string): Promise<boolean> {
  const { rowCount } = await db.query(sql`
    UPDATE notification SET boot_id = ${bootId}
    WHERE account_id = ${accountId} AND device_id = ${id} AND type = 'reboot' AND state = 'sent' AND boot_id IS NULL`)
  return (rowCount ?? 0) > 0
}

const maxLines = 1_000

/** Looks in lines of the agent's log for the boot that it was asked for. */
export async function takeLog(
  { db, polls }: Pick<Sources, 'db' | 'polls'>,
  device: VerifiedDevice,
  lines: unknown,
): Promise<void> {
  if (!Array.isArray(lines)) return
  const messages = lines.slice(-maxLines).map((line) => (line as { message?: unknown } | null)?.message)
  const boot = messages.flatMap((message) => (typeof message === 'string' ? (bootIn(message) ?? []) : [])).at(-1)
  if (boot === undefined) return
  const { accountId, id } = device
  polls.bootSeen(id)
  const { rowCount } = await db.query(sql`
    INSERT INTO headwind_device AS h (account_id, device_id, boot_id) VALUES (${accountId}, ${id}, ${boot})
    ON CONFLICT (account_id, device_id) DO UPDATE SET boot_id = excluded.boot_id WHERE h.boot_id IS DISTINCT FROM excluded.boot_id`)
  // The report that follows says so.
  if (rowCount) polls.nudge(id)
}
