-- The payload is the sender's own JSON, nulls included.
CREATE OR REPLACE FUNCTION with_payload(document text, payload text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN payload IS NULL THEN document ELSE left(document, -1) || ',"payload":' || payload || '}' END;

-- What of a canceled batch is still to be taken back reads as canceled.
CREATE OR REPLACE VIEW notification_document AS
SELECT n.account_id, n.id, n.device_id, n.batch_id, n.type, n.state, with_payload(json_strip_nulls(json_build_object(
  'id', n.id, 'self', '/v1/default/notification/' || n.id, 'type', n.type,
  'device', json_build_object('id', n.device_id, 'self', '/v1/default/device/' || n.device_id),
  'batch', n.batch_id, 'state', CASE WHEN b.id IS NULL THEN n.state ELSE 'canceled' END, 'reason', n.reason,
  'createdAt', iso_time(n.created_at), 'sentAt', iso_time(n.sent_at), 'acknowledgedAt', iso_time(n.acknowledged_at),
  'finishedAt', iso_time(coalesce(n.finished_at, b.canceled_at)), 'expiresAt', iso_time(n.expires_at),
  'notBefore', iso_time(n.not_before), 'window', n.time_window))::text,
  n.payload) AS document
FROM notification AS n
LEFT JOIN batch AS b ON b.account_id = n.account_id AND b.id = n.batch_id AND b.is_canceling AND n.finished_at IS NULL;

CREATE OR REPLACE FUNCTION notification_event(n notification, state text, actor jsonb, reason text) RETURNS new_event
LANGUAGE sql STABLE
RETURN ROW(n.account_id, 'notification.' || state, actor, jsonb_build_object('kind', 'notification', 'id', n.id), n.device_id,
           jsonb_strip_nulls(jsonb_build_object('type', n.type, 'device', n.device_id, 'batch', n.batch_id,
                                                'reason', reason)))::new_event;

-- A command that is sent as it is queued was queued by whoever asked for it, and sent by the system.
-- Planned for no rows at first, the join would be a nested loop ever after: measured 4,300 against 10,500 commands a second.
CREATE OR REPLACE FUNCTION record_notifications() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM record_events(ARRAY(
      SELECT notification_event(n, CASE n.state WHEN 'sent' THEN 'queued' ELSE n.state END, n.changed_by, n.reason)
      FROM new_rows AS n ORDER BY n.id));
    PERFORM record_events(ARRAY(
      SELECT notification_event(n, 'sent', '{"kind": "system"}', NULL)
      FROM new_rows AS n WHERE n.state = 'sent' ORDER BY n.id));
  ELSE
    PERFORM record_events(ARRAY(
      SELECT notification_event(n, n.state, n.changed_by, n.reason)
      FROM new_rows AS n JOIN old_rows AS o ON o.account_id = n.account_id AND o.id = n.id
      WHERE n.state <> o.state ORDER BY n.id));
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER record_new_notifications AFTER INSERT ON notification
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();
COMMENT ON TRIGGER record_new_notifications ON notification IS
'Every new command is an event, whichever statement queues it.';

CREATE OR REPLACE TRIGGER record_notifications AFTER UPDATE ON notification
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();
COMMENT ON TRIGGER record_notifications ON notification IS
'Every change of a command''s state is an event, whichever statement makes it.';

-- Statistics may say that hardly anything is open; then an index of all that is open would be read through and sorted.
CREATE OR REPLACE FUNCTION commands_to_send(at_gateway uuid, most int) RETURNS SETOF tid
LANGUAGE sql ROWS 100 SET enable_sort = off AS $$
  SELECT ctid FROM notification
  WHERE state = 'queued' AND gateway = at_gateway AND expires_at > now()
    AND (closes_at > now()) IS NOT FALSE AND (batch_id = ANY (ARRAY(SELECT id FROM batch WHERE is_canceling))) IS NOT TRUE
  ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
$$;

CREATE OR REPLACE FUNCTION commands_to_repeat(at_gateway uuid, after_seconds int, most int) RETURNS SETOF tid
LANGUAGE sql ROWS 100 SET enable_sort = off AS $$
  SELECT ctid FROM notification
  WHERE state = 'sent' AND gateway = at_gateway AND expires_at > now() AND delivered_at < now() - make_interval(secs => after_seconds)
    AND (closes_at > now()) IS NOT FALSE AND (batch_id = ANY (ARRAY(SELECT id FROM batch WHERE is_canceling))) IS NOT TRUE
  ORDER BY delivered_at LIMIT most FOR UPDATE SKIP LOCKED
$$;

-- Commands that a clock which ran ahead has repeated, as it seems, in time to come. In the order of their index, for the same reason.
CREATE OR REPLACE FUNCTION commands_repeated_after(latest timestamptz, most int) RETURNS SETOF tid
LANGUAGE sql ROWS 1 SET enable_sort = off AS $$
  SELECT n.ctid FROM gateway AS g CROSS JOIN LATERAL (
    SELECT ctid FROM notification WHERE state = 'sent' AND gateway = g.id AND delivered_at > latest
    ORDER BY delivered_at LIMIT most FOR UPDATE SKIP LOCKED) AS n LIMIT most
$$;

CREATE OR REPLACE FUNCTION count_batch_commands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  counted_since timestamptz := (SELECT since FROM command_count);
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO counter_difference
    SELECT account_id, 'batch', batch_id || '/' || state AS key, count(*)
    FROM new_rows WHERE batch_id IS NOT NULL GROUP BY account_id, key
    UNION ALL
    SELECT account_id, 'command', state, count(*)
    FROM new_rows WHERE created_at > counted_since GROUP BY account_id, state;
  ELSE
    INSERT INTO counter_difference
    SELECT account_id, 'batch', batch_id || '/' || state AS key, sum(difference)
    FROM (SELECT account_id, batch_id, state, 1 AS difference FROM new_rows
          UNION ALL SELECT account_id, batch_id, state, -1 FROM old_rows) AS change
    WHERE batch_id IS NOT NULL GROUP BY account_id, key HAVING sum(difference) <> 0
    UNION ALL
    SELECT account_id, 'command', state, sum(difference)
    FROM (SELECT account_id, state, created_at, 1 AS difference FROM new_rows
          UNION ALL SELECT account_id, state, created_at, -1 FROM old_rows) AS change
    WHERE created_at > counted_since GROUP BY account_id, state HAVING sum(difference) <> 0;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_batch_commands AFTER INSERT ON notification
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_batch_commands();
COMMENT ON TRIGGER count_batch_commands ON notification IS 'The counts of a batch include every command of it, and those of all commands every one.';

CREATE OR REPLACE TRIGGER recount_batch_commands AFTER UPDATE ON notification
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_batch_commands();
COMMENT ON TRIGGER recount_batch_commands ON notification IS
'The counts of a batch, and those of all commands, follow every change of a command''s state. They keep a command that is past its retention.';

-- How many commands of a batch are in a state. Those of a batch from before there were counts are looked at.
CREATE OR REPLACE FUNCTION batch_counts(account uuid, batch uuid, is_counted boolean) RETURNS TABLE (state text, devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT split_part(c.key, '/', 2), c.value FROM counter_total AS c
  WHERE is_counted AND c.account_id = account AND c.kind = 'batch' AND c.key >= batch || '/' AND c.key < batch || '0'
  UNION ALL
  SELECT n.state, count(*) FROM notification AS n
  WHERE NOT is_counted AND n.account_id = account AND n.batch_id = batch GROUP BY n.state
$$;

CREATE OR REPLACE FUNCTION forget_batch_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter_difference
  SELECT b.account_id, 'batch', b.id || '/' || c.state, -c.devices
  FROM was_there AS b CROSS JOIN LATERAL batch_counts(b.account_id, b.id, true) AS c;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER forget_batch_counts AFTER DELETE ON batch
REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION forget_batch_counts();
COMMENT ON TRIGGER forget_batch_counts ON batch IS 'The counts of a batch go with it.';

-- The devices that a batch has not reached yet count as queued. From the moment of its cancel on, all that is open is canceled.
CREATE OR REPLACE FUNCTION batch_states(b batch) RETURNS TABLE (state text, devices bigint) LANGUAGE sql STABLE AS $$
  WITH counts AS (SELECT c.state, c.devices FROM batch_counts(b.account_id, b.id, b.is_counted) AS c),
  all_of_them AS (
    SELECT c.state, c.devices FROM counts AS c
    UNION ALL
    SELECT 'queued', greatest(0, b.total - (SELECT coalesce(sum(c.devices), 0) FROM counts AS c)) WHERE b.is_counted)
  SELECT CASE WHEN b.canceled_at IS NOT NULL AND a.state IN ('queued', 'sent', 'acknowledged') THEN 'canceled' ELSE a.state END,
         sum(a.devices)::bigint
  FROM all_of_them AS a GROUP BY 1 HAVING sum(a.devices) > 0
$$;

CREATE OR REPLACE VIEW batch_document AS
SELECT b.account_id, b.id, b.type, json_strip_nulls(json_build_object(
  'id', b.id, 'self', '/v1/default/batch/' || b.id, 'type', b.type,
  'total', CASE WHEN b.is_counted THEN s.total ELSE b.total END, 'states', s.states,
  'createdBy', with_name(b.account_id, b.created_by), 'createdAt', iso_time(b.created_at),
  'notBefore', iso_time(b.not_before), 'window', b.time_window)) AS document
FROM batch AS b
CROSS JOIN LATERAL (SELECT coalesce(json_object_agg(state, devices ORDER BY state), '{}') AS states, coalesce(sum(devices), 0) AS total
                    FROM batch_states(b)) AS s;
