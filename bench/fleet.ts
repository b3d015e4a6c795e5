import type pg from 'pg'
import { fillIndexed } from './indexed.ts'

/** The fleet: ids in the order of provisioning, and the secret of each device by its index. */
export interface Fleet {
  ids: string[]
  secretOf(index: number): string
}

const secretPrefix = 'a-device-secret-of-the-bench-'

/**
 * Fills the fleet by SQL, as if a device had enrolled every minute and checked in since: five families, groups of 25 to
 * several thousand devices, 3 % offline for days. What triggers keep of each device is written for all at once.
 *
 * @param onlyGroup puts all devices into one group, of one family.
 */
export async function seedFleet(
  client: pg.Client,
  devices: number,
  account = 'default',
  onlyGroup?: string,
): Promise<Fleet> {
  await client.query(groups, [account])
  if (onlyGroup !== undefined) await client.query(group, [account, onlyGroup])
  await setTriggers(client, 'DISABLE')
  // One statement for each slice keeps the trigger queue small.
  for (let first = 1; first <= devices; first += slice)
    await client.query(fleet, [first, Math.min(first + slice - 1, devices), devices, secretPrefix, account, onlyGroup])
  await client.query(counts, [account])
  await fillIndexed(client, 'device_search_by_gram', searched, [account])
  await setTriggers(client, 'ENABLE')
  return readFleet(client, account)
}

/** The fleet that `seedFleet` has filled. */
export async function readFleet(client: pg.Client, account = 'default'): Promise<Fleet> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM device WHERE ${ofAccount} AND name LIKE 'Till %' ORDER BY id`,
    [account],
  )
  return { ids: rows.map((row) => row.id), secretOf: (index) => `${secretPrefix}${index + 1}` }
}

/** The triggers whose work is done for all devices at once. */
const perDevice = ['count_devices', 'keep_new_device_search']

async function setTriggers(client: pg.Client, how: 'ENABLE' | 'DISABLE'): Promise<void> {
  for (const trigger of perDevice) await client.query(`ALTER TABLE device ${how} TRIGGER ${trigger}`)
}

const slice = 10_000

const ofAccount = 'account_id = (SELECT id FROM account WHERE name = $1)'

const counts = `
  INSERT INTO counter_difference
  SELECT account_id, c.kind, c.key, count(*) FROM device, device_counters(device) AS c WHERE c.key IS NOT NULL AND ${ofAccount}
  GROUP BY account_id, c.kind, c.key`

const searched = `
  INSERT INTO device_search (account_id, id, slice, text)
  SELECT account_id, id, left(id::text, 5), device_search_text(device) FROM device WHERE ${ofAccount}`

const families = `VALUES (0, 'D450'), (1, 'D210'), (2, 'K7'), (3, 'M90'), (4, 'T12')`

const groups = `
  INSERT INTO device_group (account_id, name, description, family)
  SELECT account.id, lower(family) || '-' || store, 'Devices of store ' || store, family
  FROM account, (${families}) AS f (index, family), generate_series(0, 7) AS store WHERE account.name = $1
  UNION ALL SELECT id, 'pilot', 'Gets every release first', 'D450' FROM account WHERE name = $1`

const group = `INSERT INTO device_group (account_id, name, description, family) SELECT id, $2, 'All devices', 'D450' FROM account WHERE name = $1`

// Every value depends on the device's number alone: the fleet is the same in every run.
const fleet = `
  INSERT INTO device (account_id, id, name, serialnumber, family, group_name, created_at, secret_hash, boot_id, imei, battery,
                      apps, os, os_release, connection, iccids, last_checkin, last_checkin_text, online)
  SELECT account.id, d.id, 'Till ' || lpad(n::text, 7, '0'), 'MSN-' || family || '-' || lpad(n::text, 8, '0'), family,
    CASE WHEN $6::text IS NOT NULL THEN $6 WHEN family = 'D450' AND n <= 125 THEN 'pilot' WHEN n % 100 = 0 THEN 'unassigned'
         ELSE lower(family) || '-' || draw % 8 END,
    uuid_extract_timestamp(d.id), encode(sha256(convert_to($4 || n, 'UTF8')), 'hex'), gen_random_uuid()::text, imei,
    ',"battery":{"level":"' || 10 + draw % 90 || '"}',
    ',"apps":[' || (SELECT string_agg('{"name":"com.' || vendor || '.' || product || '","version":"' || 10000 + (n / 500 + index * 37) % 9000 || '"}',
                              ',' ORDER BY index)
            FROM (VALUES (1, 'android', 'vending'), (2, 'android', 'chrome'), (3, 'android', 'settings'), (4, 'example', 'till'),
                         (5, 'example', 'printer'), (6, 'example', 'scanner'), (7, 'example', 'catalog'), (8, 'example', 'loyalty'),
                         (9, 'example', 'payments'), (10, 'example', 'stock'), (11, 'google', 'webview'), (12, 'mason', 'agent'),
                         (13, 'mason', 'launcher'), (14, 'mason', 'updater'), (15, 'mason', 'xray')) AS app (index, vendor, product))
      || ']',
    ',"os":{"configuration":{"device":"' || family || '","product":"till","project":"till-front","version":"' || 20 + draw % 12 ||
      '"},"masonOS":{"incremental":"2026.07.' || draw % 6 || '","release":"2.14.' || draw % 6 || '"}}',
    '2.14.' || draw % 6,
    ',"connection":{"sim":[{"carrier":"Example Mobile","countryiso":"us","iccid":"' || iccid ||
      '","mcc":"901","mnc":"28"}],"wifi":{"bssid":"02:00:5e:20:00:01","enabled":true,"ipaddress":"192.168.1.' || 10 + draw % 90 || '","ssid":"store-' || draw % 400 || '"}}',
    ARRAY[iccid], last_checkin, iso_time(last_checkin), online
  FROM account,
    generate_series($1::int, $2::int) AS n,
    LATERAL (SELECT hashint4(n) & 2147483647 AS draw, n % 33 <> 0 AS online,
                    uuidv7((n - $3::int) * interval '1 minute') AS id,
                    '35693803' || lpad(n::text, 7, '0') AS imei,
                    '8988303000' || lpad(n::text, 9, '0') AS iccid) AS d,
    LATERAL (SELECT CASE WHEN online THEN now() - draw / 7 % 840 * interval '1 second'
                         ELSE now() - interval '2 days' - draw % 691200 * interval '1 second' END AS last_checkin) AS seen,
    (${families}) AS f (index, family)
  WHERE f.index = CASE WHEN $6::text IS NULL THEN n % 5 ELSE 0 END AND account.name = $5
  ORDER BY n`
