-- Accounts with carriers, by the name that SIMs refer to. At any time at most one node asks a carrier something: it holds the
-- lease.
CREATE TABLE carrier (
  account_id uuid NOT NULL REFERENCES account,
  name text COLLATE "C" NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  type text COLLATE "C" NOT NULL,
  -- Sealed; so is the secret of the address that usage is pushed to, which is found by its digest.
  credentials bytea,
  push_secret bytea,
  push_digest bytea,
  options jsonb NOT NULL DEFAULT '{}',
  failures int NOT NULL DEFAULT 0,
  failing_since timestamptz,
  last_error text,
  -- Nothing is asked before.
  held_until timestamptz,
  -- When it is synced next, when somebody asked for that last, and how far the sync that is under way has come.
  sync_due timestamptz,
  sync_asked_at timestamptz,
  sync jsonb,
  last_sync_at timestamptz,
  counts jsonb,
  -- Usage of days before was pulled, where it is pulled for all SIMs at once.
  pulled_until date,
  lease uuid,
  leased_until timestamptz,
  served_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, name)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX carrier_push ON carrier (push_digest) WHERE push_digest IS NOT NULL;
CREATE INDEX carrier_sync_due ON carrier (sync_due) WHERE sync_due IS NOT NULL;

INSERT INTO carrier (account_id, name, type)
SELECT account.id, built_in.name, built_in.name
FROM account CROSS JOIN unnest(ARRAY['manual', 'simulated']) AS built_in (name);

-- What carriers say of SIMs.
CREATE TABLE sim_at_carrier (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  -- By which the carrier knows it.
  reference text COLLATE "C",
  state text,
  reason text,
  -- When it was last said, and in which sync.
  seen_at timestamptz,
  seen_in uuid,
  -- Usage of days before was pulled.
  pulled_until date,
  PRIMARY KEY (account_id, iccid)
) WITH (fillfactor = 70);
CREATE INDEX sim_at_carrier_not_pulled ON sim_at_carrier (account_id, carrier) WHERE pulled_until IS NULL;

-- Calls that have failed count apart from those after which a carrier goes on working.
ALTER TABLE sim ADD carrier_failures int NOT NULL DEFAULT 0, ADD pending_since timestamptz;
