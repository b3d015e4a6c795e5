CREATE TABLE webhook (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  url text NOT NULL,
  types text[] NOT NULL,
  description text,
  is_enabled boolean NOT NULL,
  -- Why the platform disabled it.
  disabled_reason text,
  -- Both are sealed.
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_until timestamptz,
  -- Every event below this id has its delivery, or needs none.
  position text COLLATE "C" NOT NULL,
  -- Since when no attempt has succeeded.
  failing_since timestamptz,
  -- Its receiver has asked to be left alone until then.
  held_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The row stays until its deliveries are deleted.
  deleted_at timestamptz,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 50);

CREATE TABLE webhook_delivery (
  account_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'succeeded', 'failed')),
  due_at timestamptz DEFAULT now() CHECK ((due_at IS NOT NULL) = (state = 'waiting')),
  -- The attempt that is under way. A claim changes no index; whoever finds it after the lease takes it over.
  claim uuid,
  claimed_at timestamptz,
  leased_until timestamptz,
  -- How often it was tried since it was made or replayed.
  tries int NOT NULL DEFAULT 0,
  attempts jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, webhook_id, event_id),
  FOREIGN KEY (account_id, webhook_id) REFERENCES webhook
) WITH (fillfactor = 70);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_by_state ON webhook_delivery (account_id, webhook_id, state, event_id);
