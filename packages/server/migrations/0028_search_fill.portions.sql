WITH place AS (SELECT account_id, key FROM search_place WHERE source = 'device' FOR UPDATE),
part AS MATERIALIZED (
  SELECT account_id, id, name, serialnumber, imei, iccids FROM device
  WHERE (account_id, id) > (SELECT account_id, key::uuid FROM place) ORDER BY account_id, id LIMIT 500),
filled AS (
  INSERT INTO device_search (account_id, id, slice, text)
  SELECT account_id, id, left(id::text, 5),
         search_text(concat_ws(E'\x01', '', name, serialnumber, imei, array_to_string(iccids, E'\x01'), id))
  FROM part ON CONFLICT DO NOTHING)
UPDATE search_place SET (account_id, key) = (SELECT account_id, id::text FROM part ORDER BY account_id DESC, id DESC LIMIT 1)
WHERE source = 'device' AND EXISTS (SELECT FROM part);

WITH place AS (SELECT account_id, key FROM search_place WHERE source = 'sim' FOR UPDATE),
part AS MATERIALIZED (
  SELECT account_id, iccid, name, imsi, msisdn FROM sim
  WHERE (account_id, iccid) > (SELECT account_id, key COLLATE "C" FROM place) ORDER BY account_id, iccid LIMIT 500),
filled AS (
  INSERT INTO sim_search (account_id, iccid, slice, text)
  SELECT account_id, iccid, left(iccid, 14), search_text(concat_ws(E'\x01', '', iccid, imsi, msisdn, name))
  FROM part ON CONFLICT DO NOTHING)
UPDATE search_place SET (account_id, key) = (SELECT account_id, iccid FROM part ORDER BY account_id DESC, iccid DESC LIMIT 1)
WHERE source = 'sim' AND EXISTS (SELECT FROM part);
