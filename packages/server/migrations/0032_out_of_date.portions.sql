-- The locks keep a status as it is until its row is there.
INSERT INTO out_of_date_device
SELECT account_id, id FROM device AS d
WHERE NOT (os_updated AND apps_updated AND project_updated)
  AND NOT EXISTS (SELECT FROM out_of_date_device AS o WHERE o.account_id = d.account_id AND o.device_id = d.id)
LIMIT 500 FOR SHARE OF d
ON CONFLICT DO NOTHING;
