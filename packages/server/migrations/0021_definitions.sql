-- Views, functions and triggers have one current definition each, in `sql/`. What is in the database of each, and of which
-- revision of the whole.
CREATE TABLE sql_definition (
  name text PRIMARY KEY,
  hash text NOT NULL,
  revision int NOT NULL DEFAULT 0
);

-- What `record_events` takes.
CREATE TYPE new_event AS (
  account_id uuid,
  type text,
  actor jsonb,
  subject jsonb,
  device_id uuid,
  data jsonb
);
