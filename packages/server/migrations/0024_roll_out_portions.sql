-- A deployment is placed, offered and withdrawn in portions, each a transaction of its own.

ALTER TABLE deployment
  ADD COLUMN is_placed boolean NOT NULL DEFAULT false,
  ADD COLUMN placed_through uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  ADD COLUMN to_tell int NOT NULL DEFAULT 0,
  ADD COLUMN told_through int NOT NULL DEFAULT 0,
  ADD COLUMN to_withdraw boolean NOT NULL DEFAULT false,
  ADD COLUMN withdrawn_through uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  ADD COLUMN held_up uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN deployment.is_placed IS 'Whether every device that it is for has a row';
COMMENT ON COLUMN deployment.placed_through IS 'The devices of the group up to this id have a row';
COMMENT ON COLUMN deployment.to_tell IS 'To how many devices it is still to be offered in this step; in the last one to all that wait';
COMMENT ON COLUMN deployment.told_through IS 'No device before this place waits';
COMMENT ON COLUMN deployment.to_withdraw IS 'It was canceled, and may still be in the desired state of devices that do not have it';
COMMENT ON COLUMN deployment.withdrawn_through IS 'It was withdrawn from devices up to this id, except those that are held up';
COMMENT ON COLUMN deployment.held_up IS 'Devices that somebody else had locked when it was to be withdrawn from them';
COMMENT ON COLUMN deployment.unplaced IS 'When it was canceled: how many devices it was for that had no row yet';

UPDATE deployment SET is_placed = true WHERE step > 0 OR state = 'finished' OR (state = 'canceled' AND unplaced = 0);

-- The counters of these are read apart; see count_deployment_devices().
INSERT INTO counter_difference (account_id, kind, key, value)
SELECT account_id, 'deployment', key, value
FROM (SELECT r.account_id, deployment_id, count(*) AS devices
      FROM deployment AS d JOIN deployment_device AS r ON r.account_id = d.account_id AND r.deployment_id = d.id
      WHERE d.state IN ('running', 'paused') AND r.state = 'waiting' AND place IS NULL GROUP BY r.account_id, deployment_id) AS late,
  LATERAL (VALUES (deployment_counter(deployment_id, NULL, 'waiting', NULL), -devices),
                  (deployment_counter(deployment_id, NULL, 'late', NULL), devices)) AS change (key, value);
UPDATE deployment_device AS r SET place = 2147483647 FROM deployment AS d
WHERE d.state IN ('running', 'paused') AND r.account_id = d.account_id AND r.deployment_id = d.id AND r.state = 'waiting' AND place IS NULL;
COMMENT ON COLUMN deployment_device.place IS 'Its place in the order of offers; 2147483647 if it joined the group later';

CREATE INDEX deployment_unplaced ON deployment (account_id, group_name) WHERE NOT is_placed;
CREATE INDEX deployment_to_withdraw ON deployment (id) WHERE to_withdraw;

-- It would lock every device of the group while it is placed; the trigger leave_deployments keeps the rule.
ALTER TABLE deployment_device DROP CONSTRAINT deployment_device_account_id_device_id_fkey;

-- A table, for an index of `device` would make every change of a status write to all of the table's indexes (measured 0.5 ms
-- instead of 0.07 ms a device).
CREATE TABLE out_of_date_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  PRIMARY KEY (account_id, device_id),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
);
