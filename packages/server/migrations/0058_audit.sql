-- Their ids are places in the order of events; they lie in partitions of days.
CREATE TABLE audit_entry (
  account_id uuid NOT NULL,
  id text COLLATE "C" NOT NULL DEFAULT event_position(current_setting('mason.event_order')::bigint, nextval('event_serial')),
  -- As precise as it is shown: it is part of the hash.
  time timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  address text,
  user_agent text,
  request_id text,
  -- Why it was refused; of what was done, none.
  refusal text,
  before jsonb,
  after jsonb,
  -- Its place in the chain of its account, the hash of the entry before, and its own; a job writes them a moment later.
  number bigint,
  previous bytea,
  hash bytea,
  PRIMARY KEY (account_id, id, time)
) PARTITION BY RANGE (time);
CREATE INDEX audit_of_actor ON audit_entry (account_id, actor_id, id);
CREATE INDEX audit_of_action ON audit_entry (account_id, action, id);
CREATE INDEX audit_of_subject ON audit_entry (account_id, subject_id, id);
CREATE INDEX audit_by_time ON audit_entry (account_id, time);
CREATE INDEX audit_unchained ON audit_entry (id) WHERE hash IS NULL;
CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT;

-- The end of each account's chain, and the last entry that was dropped with its day: the next one continues from its hash.
CREATE TABLE audit_chain (
  account_id uuid PRIMARY KEY REFERENCES account,
  number bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT '',
  dropped_number bigint NOT NULL DEFAULT 0,
  dropped_hash bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 50);

-- What stands in entries as `hash:…`. To forget a value, its row is deleted, and nothing can tell any more what the hash was made of.
CREATE TABLE audit_identity (
  account_id uuid NOT NULL REFERENCES account,
  value text COLLATE "C" NOT NULL,
  key bytea NOT NULL,
  token text COLLATE "C" NOT NULL,
  used_on date NOT NULL DEFAULT utc_day(now()),
  PRIMARY KEY (account_id, value)
);
CREATE UNIQUE INDEX audit_identity_token ON audit_identity (account_id, token);
CREATE INDEX audit_identity_used ON audit_identity (used_on);

-- NOT VALID: no row is read while the table is locked; `migrate` validates.
ALTER TABLE export DROP CONSTRAINT export_kind,
  ADD CONSTRAINT export_kind CHECK (kind IN ('device', 'sim', 'usage', 'audit')) NOT VALID;
