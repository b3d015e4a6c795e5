CREATE TABLE schedule (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  name text NOT NULL,
  cron text NOT NULL,
  timezone text NOT NULL,
  -- As it was sent: the payload of a command keeps its form.
  action json NOT NULL,
  -- Null while it is disabled.
  next_run_at timestamptz,
  created_by jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE INDEX schedule_due ON schedule (next_run_at) WHERE next_run_at IS NOT NULL;

-- The key lets a time that is due have one run.
CREATE TABLE schedule_run (
  account_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  reason text,
  -- What it began; nothing where it failed.
  batch_id uuid,
  export_id uuid,
  PRIMARY KEY (account_id, schedule_id, due_at),
  FOREIGN KEY (account_id, schedule_id) REFERENCES schedule ON DELETE CASCADE
);
