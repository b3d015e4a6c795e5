-- Changes of many devices or SIMs that go on in the background.
CREATE TABLE job (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('device.bulk', 'device.import', 'sim.bulk')),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'canceled')),
  is_dry_run boolean NOT NULL DEFAULT false,
  -- What it is for, and what it does to each; an import has lines in their place.
  target jsonb,
  change jsonb,
  ignored_columns text[],
  -- Everything of the target up to this key was come to; NULL when all of it was.
  after_key text COLLATE "C",
  -- False while the lines of an import still arrive.
  is_received boolean NOT NULL DEFAULT true,
  total bigint NOT NULL DEFAULT 0,
  is_total_known boolean NOT NULL DEFAULT false,
  done bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz CHECK ((finished_at IS NULL) = (state IN ('queued', 'running'))),
  PRIMARY KEY (account_id, id)
);
CREATE INDEX job_finished ON job (finished_at);

-- What there is still to do one by one: the lines of an import, and what was locked when its turn came.
CREATE TABLE job_item (
  account_id uuid NOT NULL,
  job_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  line int,
  subject text,
  input jsonb,
  PRIMARY KEY (account_id, job_id, id)
);

CREATE INDEX job_item_subject ON job_item (account_id, subject) WHERE subject IS NOT NULL;

CREATE TABLE job_failure (
  account_id uuid NOT NULL,
  job_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  line int,
  subject text,
  input jsonb,
  reason text NOT NULL,
  PRIMARY KEY (account_id, job_id, id)
);
CREATE INDEX job_failure_subject ON job_failure (account_id, subject) WHERE subject IS NOT NULL;
