-- How often the same was refused in the minute before, of an entry that stands for all of these.
ALTER TABLE audit_entry ADD COLUMN repeats int;

-- Refusals whose first has its entry; those that come within a minute of it are counted here.
CREATE TABLE audit_refusal (
  account_id uuid NOT NULL REFERENCES account,
  actor_kind text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  repeats int NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now() + interval '1 minute',
  -- Of the last one, as an entry has it.
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  user_agent text,
  request_id text,
  refusal text NOT NULL,
  PRIMARY KEY (account_id, actor_kind, actor_id, action, address)
) WITH (fillfactor = 50);
CREATE INDEX audit_refusal_due ON audit_refusal (due_at);
