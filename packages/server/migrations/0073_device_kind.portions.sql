-- The trigger writes the kind into the document.
WITH place AS (SELECT account_id, device_id FROM device_kind_place FOR UPDATE),
part AS MATERIALIZED (
  SELECT account_id, id FROM device
  WHERE (account_id, id) > (SELECT account_id, device_id FROM place) ORDER BY account_id, id LIMIT 500 FOR NO KEY UPDATE),
written AS (
  UPDATE device AS d SET kind = d.kind FROM part WHERE d.account_id = part.account_id AND d.id = part.id),
last AS (SELECT account_id, id FROM part ORDER BY account_id DESC, id DESC LIMIT 1)
UPDATE device_kind_place AS p SET account_id = last.account_id, device_id = last.id FROM last;
