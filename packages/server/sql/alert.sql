CREATE OR REPLACE VIEW alert_rule_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/alert-rule/' || id, 'name', name, 'condition', condition, 'below', below, 'percent', percent,
  'notificationType', notification_type, 'filter', filter, 'for', for_minutes, 'severity', severity,
  'notify', json_build_object('emails', nullif(to_json(emails)::text, '[]')::json, 'webhooks', nullif(to_json(webhooks)::text, '[]')::json),
  'enabled', is_enabled, 'createdAt', iso_time(created_at))) AS document
FROM alert_rule WHERE deleted_at IS NULL;

-- What an alert is about, with the name that people know it by.
CREATE OR REPLACE FUNCTION alert_subject(account uuid, kind text, subject text) RETURNS json LANGUAGE sql STABLE
RETURN json_strip_nulls(json_build_object('kind', kind, 'id', subject, 'name', CASE kind
  WHEN 'device' THEN (SELECT d.name FROM device AS d WHERE d.account_id = account AND d.id = subject::uuid)
  WHEN 'sim' THEN (SELECT s.name FROM sim AS s WHERE s.account_id = account AND s.iccid = subject) END));

CREATE OR REPLACE VIEW alert_document AS
SELECT a.account_id, a.id, a.state, a.rule_id, a.device_id, a.severity, json_strip_nulls(json_build_object(
  'id', a.id, 'self', '/v1/default/alert/' || a.id, 'rule', json_build_object('id', a.rule_id, 'name', r.name),
  'condition', r.condition, 'severity', a.severity, 'subject', alert_subject(a.account_id, a.subject_kind, a.subject_id),
  'device', CASE WHEN a.device_id IS NOT NULL THEN
    json_build_object('id', a.device_id, 'self', '/v1/default/device/' || a.device_id) END,
  'state', a.state, 'data', a.data, 'openedAt', iso_time(a.opened_at),
  'acknowledgedAt', iso_time(a.acknowledged_at), 'acknowledgedBy', with_name(a.account_id, a.acknowledged_by),
  'resolvedAt', iso_time(a.resolved_at), 'resolvedBy', with_name(a.account_id, a.resolved_by), 'note', a.note)) AS document
FROM alert AS a CROSS JOIN LATERAL (
  SELECT name, condition FROM alert_rule AS r WHERE r.account_id = a.account_id AND r.id = a.rule_id OFFSET 0) AS r;

-- What the events of alerts say of them.
CREATE OR REPLACE FUNCTION alert_event_data(a alert) RETURNS jsonb LANGUAGE sql STABLE
RETURN (SELECT jsonb_build_object(
  'rule', jsonb_build_object('id', r.id, 'name', r.name), 'condition', r.condition, 'severity', a.severity,
  'about', alert_subject(a.account_id, a.subject_kind, a.subject_id)::jsonb)
  FROM alert_rule AS r WHERE r.account_id = a.account_id AND r.id = a.rule_id);

-- Whether the rule of an alert names a webhook.
CREATE OR REPLACE FUNCTION is_alert_for(account uuid, alert_id text, webhook uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (
  SELECT FROM alert AS a JOIN alert_rule AS r ON r.account_id = a.account_id AND r.id = a.rule_id
  WHERE a.account_id = account AND a.id = alert_id::uuid AND webhook = ANY (r.webhooks));

CREATE OR REPLACE FUNCTION count_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter_difference (account_id, kind, key, value)
  SELECT coalesce(NEW.account_id, OLD.account_id), 'alerts', key, sum(difference)
  FROM (SELECT -1 AS difference, OLD.state, OLD.severity WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT 1, NEW.state, NEW.severity WHERE TG_OP <> 'DELETE') AS change
  CROSS JOIN LATERAL (VALUES (state), (CASE WHEN state = 'open' THEN severity END)) AS counted (key)
  WHERE key IS NOT NULL AND state <> 'resolved'
  GROUP BY key HAVING sum(difference) <> 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_alerts AFTER INSERT OR DELETE OR UPDATE OF state ON alert
FOR EACH ROW EXECUTE FUNCTION count_alerts();
COMMENT ON TRIGGER count_alerts ON alert IS
'The counts of alerts by state, and of open ones by severity, include every alert that is not resolved.';

-- The rules that an account begins with. Only what nobody wants to miss is enabled.
CREATE OR REPLACE FUNCTION first_alert_rules() RETURNS TABLE (
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

-- From here on the events of an account are followed for its alerts.
CREATE OR REPLACE FUNCTION begin_alerts(account uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO alert_follower (account_id, position) VALUES (account, event_horizon()) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO alert_rule (account_id, id, name, condition, below, percent, for_minutes, severity, is_enabled)
  SELECT account, new_id(), f.name, f.condition, f.below, f.percent, f.for_minutes, f.severity, f.is_enabled
  FROM first_alert_rules() AS f;
END $$;

CREATE OR REPLACE FUNCTION begin_alerts_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM begin_alerts(NEW.id);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER begin_alerts AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION begin_alerts_of_account();
COMMENT ON TRIGGER begin_alerts ON account IS 'Every account has alert rules to begin with, and its events are followed for them.';
