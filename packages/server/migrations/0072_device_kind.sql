-- Whoever enrolled before is a Linux host, or was not asked.
ALTER TABLE device ADD COLUMN kind text NOT NULL DEFAULT 'mason-linux',
  ADD CONSTRAINT device_kind CHECK (kind IN ('mason-linux', 'simulated', 'headwind', 'mdmesh')) NOT VALID;

-- A command, or a deployment, that a device of its kind cannot carry out.
ALTER TABLE notification DROP CONSTRAINT notification_state,
  ADD CONSTRAINT notification_state CHECK (
    state IN ('queued', 'sent', 'acknowledged', 'succeeded', 'failed', 'expired', 'canceled', 'unsupported')) NOT VALID;
ALTER TABLE deployment_device DROP CONSTRAINT deployment_device_state,
  ADD CONSTRAINT deployment_device_state CHECK (state IN ('waiting', 'told', 'succeeded', 'failed', 'unsupported')) NOT VALID;

-- Up to which device the documents say the kind.
CREATE TABLE device_kind_place (
  is_only boolean PRIMARY KEY DEFAULT true CONSTRAINT device_kind_place_is_only CHECK (is_only),
  account_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  device_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO device_kind_place DEFAULT VALUES;
