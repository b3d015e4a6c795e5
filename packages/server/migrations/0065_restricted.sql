-- Keys and users that see some groups alone. Whoever is restricted stays so when the last of these groups is deleted.
ALTER TABLE api_key ADD COLUMN is_restricted boolean NOT NULL DEFAULT false;
ALTER TABLE api_key ADD COLUMN regrouped_at timestamptz;
CREATE INDEX api_key_regrouped ON api_key (regrouped_at) WHERE regrouped_at IS NOT NULL;
ALTER TABLE app_user ADD COLUMN is_restricted boolean NOT NULL DEFAULT false;

-- By foreign key, a group that is renamed takes them along, and one that is made anew under the name of a deleted one is another.
CREATE TABLE restricted_to (
  account_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, principal_id, group_name),
  FOREIGN KEY (account_id, group_name) REFERENCES device_group ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX restricted_to_group ON restricted_to (account_id, group_name);

-- What a restricted actor asks for is done later as it asked for it.
ALTER TABLE batch_queueing ADD COLUMN groups text[];
ALTER TABLE job ADD COLUMN groups text[];
ALTER TABLE export ADD COLUMN groups text[];
ALTER TABLE export ADD COLUMN created_by jsonb;

-- A token of a restricted actor takes over no device outside its group.
ALTER TABLE enrollment ADD COLUMN is_restricted boolean NOT NULL DEFAULT false;
