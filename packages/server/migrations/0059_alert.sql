-- In which mails say times.
ALTER TABLE account ADD COLUMN timezone text NOT NULL DEFAULT 'UTC';

CREATE TABLE alert_rule (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  name text NOT NULL,
  condition text NOT NULL,
  below int,
  percent int,
  notification_type text CONSTRAINT alert_rule_notification_type
    CHECK (notification_type IN ('refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish')),
  filter text,
  for_minutes int NOT NULL DEFAULT 0,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  emails text[] NOT NULL DEFAULT '{}',
  webhooks uuid[] NOT NULL DEFAULT '{}',
  is_enabled boolean NOT NULL,
  -- When it is looked at again; null when it is disabled and nothing of it stands.
  look_at timestamptz DEFAULT now(),
  -- The walk past what may hold, and then past the alerts that stand: when it began, and how far it has come.
  walk_began_at timestamptz,
  is_at_alerts boolean NOT NULL DEFAULT false,
  walked_through text COLLATE "C",
  -- When a mail is due, when the last one was written, and which openings mails have told of.
  mail_due_at timestamptz,
  mailed_at timestamptz,
  told_through bigint NOT NULL DEFAULT 0,
  -- The last mail has said that something is open.
  is_told_open boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 50);
CREATE INDEX alert_rule_due ON alert_rule (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX alert_rule_mail_due ON alert_rule (mail_due_at) WHERE mail_due_at IS NOT NULL;

-- Whoever judges the rules of an account holds its row. Every event below the position is taken into account.
CREATE TABLE alert_follower (
  account_id uuid PRIMARY KEY REFERENCES account,
  position text COLLATE "C" NOT NULL
) WITH (fillfactor = 50);

-- Subjects whose condition holds, but not for long enough yet.
CREATE TABLE alert_candidate (
  account_id uuid NOT NULL,
  rule_id uuid NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, rule_id, subject_id),
  FOREIGN KEY (account_id, rule_id) REFERENCES alert_rule
);
CREATE INDEX alert_candidate_due ON alert_candidate (due_at);

CREATE SEQUENCE alert_opening;

CREATE TABLE alert (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  rule_id uuid NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('device', 'sim', 'deployment', 'subscription', 'carrier', 'webhook', 'platform')),
  subject_id text COLLATE "C" NOT NULL,
  device_id uuid,
  severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'resolved')),
  data jsonb NOT NULL,
  -- Where a condition is of an occasion, which one: another one opens another alert.
  occasion text,
  -- Its place in the order in which the alerts of its rule opened.
  opening bigint NOT NULL DEFAULT nextval('alert_opening'),
  -- No other of its rule and subject opens. One that was resolved by hand stands until its condition is over.
  is_standing boolean NOT NULL DEFAULT true,
  -- Its condition is over; it is resolved then unless that comes back.
  ends_at timestamptz,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  acknowledged_at timestamptz,
  acknowledged_by jsonb,
  resolved_at timestamptz CHECK ((resolved_at IS NOT NULL) = (state = 'resolved')),
  resolved_by jsonb,
  note text,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, rule_id) REFERENCES alert_rule
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX alert_standing ON alert (account_id, rule_id, subject_id) WHERE is_standing;
CREATE INDEX alert_ending ON alert (ends_at) WHERE ends_at IS NOT NULL;
CREATE INDEX alert_by_opening ON alert (account_id, rule_id, opening);
CREATE INDEX alert_by_state ON alert (account_id, state, id);
CREATE INDEX alert_by_rule ON alert (account_id, rule_id, id);
CREATE INDEX alert_by_device ON alert (account_id, device_id, id) WHERE device_id IS NOT NULL;
CREATE INDEX alert_by_severity ON alert (account_id, severity, id);

-- How often somebody gets a mail that sums up, and when the next one is due.
ALTER TABLE app_user
  ADD COLUMN digest text NOT NULL DEFAULT 'off',
  ADD COLUMN digest_due_at timestamptz,
  ADD CONSTRAINT app_user_digest CHECK (digest IN ('off', 'daily', 'weekly')) NOT VALID;
CREATE INDEX app_user_digest_due ON app_user (digest_due_at) WHERE digest_due_at IS NOT NULL;

-- Which events are delivered, by the device or SIM that they concern.
ALTER TABLE webhook ADD COLUMN filter text;

-- As they were when accounts got their first rules (0061); the current ones are in sql/alert.sql.
CREATE FUNCTION first_alert_rules() RETURNS TABLE (
  name text, condition text, below int, percent int, for_minutes int, severity text, is_enabled boolean) LANGUAGE sql IMMUTABLE AS $$
  VALUES
    ('Devices are offline', 'device.offline', NULL::int, NULL::int, 60, 'warning', false),
    ('Batteries are low', 'device.battery', 15, NULL, 30, 'warning', false),
    ('Devices are out of date', 'device.not_updated', NULL, NULL, 1440, 'info', false),
    ('Reports are unreadable', 'device.report_fault', NULL, NULL, 0, 'info', false),
    ('Two devices use one credential', 'device.conflict', NULL, NULL, 0, 'critical', false),
    ('Commands fail', 'notification.failed', NULL, NULL, 0, 'warning', false),
    ('A roll-out is paused', 'deployment.paused', NULL, NULL, 0, 'warning', true),
    ('SIMs reach their data limits', 'sim.limit', NULL, NULL, 0, 'warning', false),
    ('SIMs use far more than usual', 'sim.anomaly', NULL, NULL, 0, 'warning', false),
    ('SIMs are in devices that they are not locked to', 'sim.imei_lock', NULL, NULL, 0, 'critical', false),
    ('Most of the data pool is used', 'pool.threshold', NULL, 80, 0, 'warning', false),
    ('A carrier does not work', 'carrier.error', NULL, NULL, 15, 'critical', true),
    ('A webhook fails', 'webhook.failing', NULL, NULL, 15, 'warning', true)
$$;

CREATE FUNCTION begin_alerts(account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO alert_follower (account_id, position) VALUES (account, event_horizon()) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO alert_rule (account_id, id, name, condition, below, percent, for_minutes, severity, is_enabled)
  SELECT account, new_id(), f.name, f.condition, f.below, f.percent, f.for_minutes, f.severity, f.is_enabled
  FROM first_alert_rules() AS f;
END $$;
