-- Events: what happened, in the order in which transactions can have committed. An id is the transaction's number and a
-- serial one. A reader stops at the oldest transaction that is still under way, so it never steps over an event that
-- commits late. The epoch rises when transaction numbers start again, as after a restore of a dump.
CREATE SEQUENCE event_serial;
CREATE SEQUENCE event_epoch MINVALUE 0 START 0;
SELECT nextval('event_epoch');

-- Volatile, and without a SELECT, so that PostgreSQL inlines it: as a call it would cost every event.
CREATE FUNCTION event_position(transaction xid8, serial bigint) RETURNS text LANGUAGE sql VOLATILE
RETURN lpad(to_hex(pg_sequence_last_value('event_epoch')), 2, '0') || lpad(to_hex(transaction::text::bigint), 14, '0') ||
       lpad(to_hex(serial), 12, '0');

CREATE TABLE event (
  account_id uuid NOT NULL,
  id text COLLATE "C" NOT NULL DEFAULT event_position(pg_current_xact_id(), nextval('event_serial')),
  type text NOT NULL,
  time timestamptz NOT NULL DEFAULT now(),
  actor jsonb NOT NULL,
  subject jsonb NOT NULL,
  -- The device that it concerns, if any: its time line is read by this.
  device_id uuid,
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, id)
);
CREATE INDEX event_of_device ON event (account_id, device_id, id) WHERE device_id IS NOT NULL;
CREATE INDEX event_of_type ON event (account_id, type text_pattern_ops, id);
-- For retention; a b-tree would cost every event as much as finding it does.
CREATE INDEX event_time ON event USING brin (time);

CREATE VIEW event_document AS
SELECT account_id, id, type, device_id, json_strip_nulls(json_build_object(
  'id', id, 'type', type, 'time', iso_time(time), 'actor', actor, 'subject', subject, 'data', data)) AS document
FROM event
WHERE id < (SELECT event_position(pg_snapshot_xmin(pg_current_snapshot()), 0));

-- A node that devices are connected to. One that stopped renewing its row has no connections any more.
CREATE TABLE gateway (
  id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE device
  -- Where the device can be told something at this moment.
  ADD COLUMN gateway uuid,
  ADD COLUMN online_since timestamptz NOT NULL DEFAULT now(),
  -- When the presence sweep looks at it next.
  ADD COLUMN presence_due timestamptz NOT NULL DEFAULT now();
DROP INDEX device_presence_due;
CREATE INDEX device_presence_due ON device (presence_due) WHERE online;
CREATE INDEX device_at_gateway ON device (gateway) WHERE gateway IS NOT NULL;

CREATE TABLE batch (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  total int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);

CREATE TABLE notification (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  device_id uuid NOT NULL,
  batch_id uuid,
  type text NOT NULL,
  payload text,
  state text NOT NULL,
  reason text,
  -- Who brought it into its state; what was sent as it was queued was sent by the system.
  changed_by jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  sent_at timestamptz,
  delivered_at timestamptz,
  acknowledged_at timestamptz,
  finished_at timestamptz,
  -- Where the device was connected when last looked; the node there delivers it.
  gateway uuid,
  -- The device's boot when it was sent: a reboot is another one.
  boot_id text,
  PRIMARY KEY (account_id, id)
) WITH (fillfactor = 80);
CREATE INDEX notification_of_device ON notification (account_id, device_id, id);
CREATE INDEX notification_of_batch ON notification (account_id, batch_id, id, state) WHERE batch_id IS NOT NULL;
-- Of the states that are rare; what is open is found by device, and most of the others succeeded.
CREATE INDEX notification_of_state ON notification (account_id, state, id) WHERE state IN ('failed', 'expired', 'canceled');
CREATE INDEX notification_open ON notification (account_id, device_id, id)
  WHERE state IN ('queued', 'sent', 'acknowledged');
CREATE INDEX notification_time ON notification USING brin (created_at);
-- Not by state: it would offer itself to every query that asks for one, and be walked in the wrong order.
CREATE INDEX notification_due ON notification (expires_at) WHERE finished_at IS NULL;
CREATE INDEX notification_to_send ON notification (gateway, id) WHERE state = 'queued';
CREATE INDEX notification_to_repeat ON notification (gateway, delivered_at) WHERE state = 'sent';
CREATE INDEX notification_shutting_down ON notification (account_id, device_id)
  WHERE state = 'acknowledged' AND type = 'shutdown';

-- The payload is the sender's own JSON, nulls included.
CREATE FUNCTION with_payload(document text, payload text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN payload IS NULL THEN document ELSE left(document, -1) || ',"payload":' || payload || '}' END;

CREATE VIEW notification_document AS
SELECT account_id, id, device_id, batch_id, type, state, with_payload(json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/notification/' || id, 'type', type,
  'device', json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id),
  'batch', batch_id, 'state', state, 'reason', reason, 'createdAt', iso_time(created_at), 'sentAt', iso_time(sent_at),
  'acknowledgedAt', iso_time(acknowledged_at), 'finishedAt', iso_time(finished_at), 'expiresAt', iso_time(expires_at)))::text,
  payload) AS document
FROM notification;

-- Every transition is an event, whichever statement makes it.
-- Planned for no rows at first, the join would be a nested loop ever after: measured 4,300 against 10,500 commands a second.
CREATE FUNCTION record_notifications() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    SELECT account_id, 'notification.' || CASE state WHEN 'sent' THEN 'queued' ELSE state END, changed_by,
           jsonb_build_object('kind', 'notification', 'id', id), device_id,
           jsonb_strip_nulls(jsonb_build_object('type', type, 'device', device_id, 'batch', batch_id, 'reason', reason))
    FROM new_rows ORDER BY id;
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    SELECT account_id, 'notification.sent', '{"kind": "system"}', jsonb_build_object('kind', 'notification', 'id', id), device_id,
           jsonb_strip_nulls(jsonb_build_object('type', type, 'device', device_id, 'batch', batch_id))
    FROM new_rows WHERE state = 'sent' ORDER BY id;
  ELSE
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    SELECT n.account_id, 'notification.' || n.state, n.changed_by, jsonb_build_object('kind', 'notification', 'id', n.id),
           n.device_id,
           jsonb_strip_nulls(jsonb_build_object('type', n.type, 'device', n.device_id, 'batch', n.batch_id, 'reason', n.reason))
    FROM new_rows AS n JOIN old_rows AS o ON o.account_id = n.account_id AND o.id = n.id
    WHERE n.state <> o.state ORDER BY n.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER record_new_notifications AFTER INSERT ON notification
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();
CREATE TRIGGER record_notifications AFTER UPDATE ON notification
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();

CREATE VIEW batch_document AS
SELECT account_id, id, type, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/batch/' || id, 'type', type, 'total', total,
  'states', coalesce((SELECT json_object_agg(state, count) FROM (
    SELECT state, count(*) AS count FROM notification AS n
    WHERE n.account_id = b.account_id AND n.batch_id = b.id GROUP BY state ORDER BY state) AS counts), '{}'),
  'createdAt', iso_time(created_at))) AS document
FROM batch AS b;

-- A UUIDv7 (RFC 9562): the notifications of a statement have the order of their making. PostgreSQL 18 has its own; 15 has not.
CREATE SEQUENCE id_serial MAXVALUE 4095 CYCLE MINVALUE 0 START 0;
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE
RETURN (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
        lpad(to_hex(nextval('id_serial')), 3, '0') || '8' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 15))::uuid;
