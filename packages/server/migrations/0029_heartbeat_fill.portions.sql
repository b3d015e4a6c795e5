WITH portion AS (
  SELECT d.* FROM device AS d
  WHERE (d.account_id, d.id) > ((SELECT filled_account FROM presence_sweep), (SELECT filled_device FROM presence_sweep))
  ORDER BY d.account_id, d.id LIMIT 1000 FOR KEY SHARE),
filled AS (
  INSERT INTO heartbeat
  SELECT account_id, id, connection, battery, last_checkin, last_checkin_text, online,
         CASE WHEN NOT online OR last_checkin < now() - interval '15 minutes' THEN last_checkin END
  FROM portion ON CONFLICT DO NOTHING)
UPDATE presence_sweep SET filled_account = last.account_id, filled_device = last.id
FROM (SELECT account_id, id FROM portion ORDER BY account_id DESC, id DESC LIMIT 1) AS last
