-- The contents in the storage. A table refers to one by a foreign key on an indexed column; one that no foreign key
-- refers to is collected a day after it was last put. Contents are shared by accounts: who may read one is said by the
-- row that refers to it.
CREATE TABLE storage_object (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  sha1 text NOT NULL,
  md5 text NOT NULL,
  size bigint NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now()
);

-- The workers of nodes that live: what one that went silent was working on is taken up by others.
CREATE TABLE queue_worker (
  id text PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE export (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  kind text NOT NULL,
  format text NOT NULL,
  filters jsonb NOT NULL,
  state text NOT NULL DEFAULT 'queued',
  reason text,
  -- How often it was begun, crashes included.
  attempts int NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  progress numeric NOT NULL DEFAULT 0,
  sha256 text REFERENCES storage_object,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX export_by_content ON export (sha256);
CREATE INDEX export_unfinished ON export (account_id) WHERE finished_at IS NULL;

CREATE VIEW export_document AS
SELECT account_id, id, kind, format, state, sha256, size, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/export/' || id, 'kind', kind, 'format', format, 'filters', filters, 'state', state,
  'reason', reason, 'rows', rows, 'progress', progress, 'size', size, 'createdAt', iso_time(created_at),
  'finishedAt', iso_time(finished_at),
  'contentUrl', CASE WHEN state = 'succeeded' THEN '/v1/default/export/' || id || '/content' END)) AS document
FROM export LEFT JOIN storage_object USING (sha256);

-- Up to when, and to which counts, the mobile use that a device reports is in device_usage_day.
CREATE TABLE device_usage_cursor (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  counted_until timestamptz NOT NULL,
  sent bigint NOT NULL,
  received bigint NOT NULL,
  PRIMARY KEY (account_id, device_id),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
) WITH (fillfactor = 70);

-- What devices say that their SIMs have used, apart from what carriers say.
CREATE TABLE device_usage_day (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  PRIMARY KEY (account_id, iccid, day),
  FOREIGN KEY (account_id, iccid) REFERENCES sim
) WITH (fillfactor = 85);
