CREATE TABLE view (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('device', 'sim')),
  name text NOT NULL,
  filter text NOT NULL,
  columns text[],
  sort text,
  is_shared boolean NOT NULL,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX view_shared_name ON view (account_id, kind, name) WHERE is_shared;
CREATE UNIQUE INDEX view_own_name ON view (account_id, kind, created_by, name) WHERE NOT is_shared;
