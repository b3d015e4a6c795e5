import { type CarrierSetting, carrierKind, carrierSettings, carrierTypeNames } from '@mason/contract/carrier-type'
import type { SimChange } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { actorDocument } from '../../core/event/record.ts'

/** Which types of connections have which settings. */
const able = JSON.stringify(
  carrierTypeNames.flatMap((type) =>
    carrierSettings
      .filter((setting) => !(setting in carrierKind(type).limitations))
      .map((setting) => ({ type, setting })),
  ),
)

/** Those that a change is about. */
export const settingsIn = (change: SimChange): CarrierSetting[] =>
  carrierSettings.filter((setting) => change[setting] !== undefined)

type Teller = Parameters<typeof actorDocument>[0] & { accountId: string }

/**
 * Writes down that the carriers of SIMs are to be told of settings, where they have them: of what is wanted, and of what they
 * were told before and is wanted no more. A call that is under way is waited for.
 */
export async function tellCarriers(
  tx: Db,
  teller: Teller,
  iccids: readonly string[],
  settings: readonly CarrierSetting[],
): Promise<void> {
  if (iccids.length === 0 || settings.length === 0) return
  await tx.query(sql`
    WITH concerned AS (
      SELECT s.account_id, s.iccid, s.carrier, a.setting,
        CASE a.setting WHEN 'dataLimit' THEN s.data_limit_action = 'suspend' ELSE s.imei_lock IS NOT NULL END AS is_wanted
      FROM sim AS s
      JOIN carrier AS c ON c.account_id = s.account_id AND c.name = s.carrier
      JOIN json_to_recordset(${able}) AS a (type text, setting text) ON a.type = c.type AND a.setting = ANY (${settings})
      WHERE s.account_id = ${teller.accountId} AND s.iccid = ANY (${iccids}) AND s.state <> 'deactivated')
    INSERT INTO sim_setting AS t (account_id, iccid, setting, carrier, changed_by, due)
    SELECT account_id, iccid, setting, carrier, ${actorDocument(teller)}, now() FROM concerned AS c
    WHERE is_wanted OR EXISTS (
      SELECT FROM sim_setting AS k WHERE k.account_id = c.account_id AND k.iccid = c.iccid AND k.setting = c.setting)
    ORDER BY iccid, setting
    ON CONFLICT (account_id, iccid, setting) DO UPDATE SET
      carrier = excluded.carrier, change = t.change + 1, changed_by = excluded.changed_by, changed_at = now(),
      attempts = 0, failures = 0, reason = NULL,
      due = CASE WHEN t.call IS NULL THEN now() ELSE coalesce(t.due, now()) END`)
}
