-- A report is either written before the portion locks its device, and then counted here, or after the place has moved past it.
WITH place AS (SELECT account_id, device_id FROM app_count_place FOR UPDATE),
part AS MATERIALIZED (
  SELECT account_id, id, apps FROM device
  WHERE (account_id, id) > (SELECT account_id, device_id FROM place) ORDER BY account_id, id LIMIT 500 FOR SHARE),
counted AS (
  INSERT INTO counter_difference
  SELECT account_id, kind, key, count(*) FROM part CROSS JOIN LATERAL app_counters(apps) GROUP BY account_id, kind, key),
last AS (
  (SELECT account_id, id FROM part ORDER BY account_id DESC, id DESC LIMIT 1)
  UNION ALL
  SELECT 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff' WHERE NOT EXISTS (SELECT FROM part))
UPDATE app_count_place AS p SET account_id = last.account_id, device_id = last.id
FROM last WHERE p.account_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff';
