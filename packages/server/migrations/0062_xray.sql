-- What a device offers over X-Ray; null for nothing.
ALTER TABLE device ADD COLUMN xray text[];
ALTER TABLE account ADD COLUMN xray_reason_required boolean NOT NULL DEFAULT false;

CREATE TABLE xray_session (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  device_id uuid NOT NULL,
  service text NOT NULL CONSTRAINT xray_session_service CHECK (service IN ('adb', 'vnc')),
  actor jsonb NOT NULL,
  reason text,
  address text NOT NULL,
  user_agent text,
  -- The node that has the client, and where other nodes reach it.
  node_id uuid NOT NULL,
  node_address text NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  attached_at timestamptz,
  -- The node renews it; past that, the node is taken for dead.
  lease_until timestamptz NOT NULL,
  idle_minutes int NOT NULL,
  ends_at timestamptz NOT NULL,
  bytes_up bigint NOT NULL DEFAULT 0,
  bytes_down bigint NOT NULL DEFAULT 0,
  latency_ms int,
  take_over jsonb,
  ended_at timestamptz,
  end_reason text,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 50);
-- Whoever is on a device is alone there.
CREATE UNIQUE INDEX xray_of_device ON xray_session (device_id) WHERE ended_at IS NULL;
CREATE INDEX xray_by_device ON xray_session (account_id, device_id, id);
CREATE INDEX xray_open ON xray_session (account_id, id) WHERE ended_at IS NULL;
CREATE INDEX xray_awaited ON xray_session (began_at) WHERE ended_at IS NULL AND attached_at IS NULL;
CREATE INDEX xray_lease ON xray_session (lease_until) WHERE ended_at IS NULL;

CREATE TABLE xray_ticket (
  account_id uuid NOT NULL REFERENCES account,
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL,
  device_id uuid NOT NULL,
  service text NOT NULL CONSTRAINT xray_ticket_service CHECK (service IN ('adb', 'vnc')),
  actor jsonb NOT NULL,
  reason text,
  expires_at timestamptz NOT NULL
);
CREATE INDEX xray_ticket_expired ON xray_ticket (expires_at);
