CREATE OR REPLACE VIEW webhook_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/webhook/' || id, 'url', url, 'types', types, 'filter', filter, 'description', description,
  'enabled', is_enabled, 'disabledReason', disabled_reason, 'failingSince', iso_time(failing_since),
  'previousSecretUntil', CASE WHEN previous_until > now() THEN iso_time(previous_until) END,
  'createdAt', iso_time(created_at))) AS document
FROM webhook WHERE deleted_at IS NULL;

CREATE OR REPLACE VIEW webhook_delivery_document AS
SELECT d.account_id, d.webhook_id, d.event_id, d.state, json_strip_nulls(json_build_object(
  'id', d.webhook_id || '.' || d.event_id, 'self', '/v1/default/webhook/delivery/' || d.webhook_id || '.' || d.event_id,
  'state', d.state, 'event', json_build_object('id', d.event_id, 'type', d.event_type), 'attempts', d.attempts,
  'createdAt', iso_time(d.created_at), 'nextAttemptAt', iso_time(d.due_at))) AS document
FROM webhook_delivery AS d JOIN webhook AS w ON w.account_id = d.account_id AND w.id = d.webhook_id
WHERE w.deleted_at IS NULL;

-- The id of the event that this session has written last.
CREATE OR REPLACE FUNCTION last_event_id() RETURNS text LANGUAGE sql VOLATILE
RETURN event_position(current_setting('mason.event_order')::bigint, currval('event_serial'));

-- The attempts with one more; the last 50 are kept.
CREATE OR REPLACE FUNCTION with_attempt(attempts jsonb, attempt jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_array_length(attempts) < 50 THEN attempts ELSE attempts - 0 END || attempt;

-- A delivery whose claim nobody has ended was cut off; what became of the request is not known.
CREATE OR REPLACE FUNCTION cut_off_attempt(claimed_at timestamptz) RETURNS jsonb LANGUAGE sql VOLATILE
RETURN jsonb_build_object(
  'at', iso_time(claimed_at), 'error', 'cut off: the node that made it stopped; whether it arrived is not known',
  'latencyMs', greatest(0, extract(epoch FROM clock_timestamp() - claimed_at) * 1000)::int, 'answer', '');
