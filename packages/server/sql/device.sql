-- A trigger and not a generated column: PostgreSQL would read the expression anew in every check-in (13 % of its time).
CREATE OR REPLACE FUNCTION write_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.identity := '"id":"' || NEW.id || '","self":"/v1/default/device/' || NEW.id || '","name":' || to_json(NEW.name) ||
    ',"serialnumber":' || to_json(NEW.serialnumber) || ',"family":' || to_json(NEW.family) || ',"kind":"' || NEW.kind ||
    '","createdAt":"' || iso_time(NEW.created_at) || '","group":{"name":' || to_json(NEW.group_name) ||
    ',"self":"/v1/default/group/' || path_segment(NEW.group_name) || '"}' ||
    CASE WHEN NEW.has_conflict THEN ',"conflict":true' ELSE '' END || coalesce(',"reportFaults":' || NEW.report_faults, '') ||
    coalesce(',"labels":{' || (SELECT string_agg(to_json(key) || ':' || to_json(value), ',' ORDER BY key COLLATE "C")
                               FROM jsonb_each_text(NEW.labels)) || '}', '') ||
    coalesce(',"notes":' || to_json(NEW.notes), '') || coalesce(',"xray":' || array_to_json(NEW.xray), '') ||
    coalesce(',"timezone":' || to_json(NEW.timezone), '');
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER write_identity
BEFORE INSERT OR UPDATE OF name, serialnumber, family, kind, group_name, created_at, has_conflict, report_faults, labels, notes ON device
FOR EACH ROW EXECUTE FUNCTION write_identity();
COMMENT ON TRIGGER write_identity ON device IS
'The part of a device''s document that check-ins do not touch is always up to date.';

CREATE OR REPLACE TRIGGER write_offered BEFORE UPDATE OF xray ON device FOR EACH ROW
WHEN (OLD.xray IS DISTINCT FROM NEW.xray) EXECUTE FUNCTION write_identity();
COMMENT ON TRIGGER write_offered ON device IS
'What a device offers over X-Ray changes rarely: only then a check-in writes that part of its document anew.';

-- Apart, as every check-in sets this column.
CREATE OR REPLACE TRIGGER write_identity_of_timezone BEFORE UPDATE OF timezone ON device FOR EACH ROW
WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone) EXECUTE FUNCTION write_identity();
COMMENT ON TRIGGER write_identity_of_timezone ON device IS 'A device''s document has the time zone that it reports.';

CREATE OR REPLACE FUNCTION keep_device_labels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM device_label AS l
  WHERE l.account_id = NEW.account_id AND l.device_id = NEW.id AND NEW.labels ->> l.key IS DISTINCT FROM l.value;
  INSERT INTO device_label (account_id, device_id, key, value)
  SELECT NEW.account_id, NEW.id, key, value FROM jsonb_each_text(NEW.labels) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_device_labels AFTER UPDATE OF labels ON device FOR EACH ROW
WHEN (OLD.labels IS DISTINCT FROM NEW.labels) EXECUTE FUNCTION keep_device_labels();
COMMENT ON TRIGGER keep_device_labels ON device IS 'A device is found by the labels that it has.';

-- The middle of a device's document. A function with an expression alone costs nothing: PostgreSQL puts it in place of the call.
CREATE OR REPLACE FUNCTION device_head(
  last_checkin_text text, online boolean, os_updated boolean, apps_updated boolean, project_updated boolean, imei text,
  battery text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ',"lastcheckin":"' || last_checkin_text || CASE WHEN online THEN '","online":true' ELSE '","online":false' END ||
         CASE WHEN os_updated AND apps_updated AND project_updated
              THEN ',"status":{"osUpdated":true,"appsUpdated":true,"projectUpdated":true}'
              ELSE ',"status":{"osUpdated":' || CASE WHEN os_updated THEN 'true' ELSE 'false' END ||
                   ',"appsUpdated":' || CASE WHEN apps_updated THEN 'true' ELSE 'false' END ||
                   ',"projectUpdated":' || CASE WHEN project_updated THEN 'true' ELSE 'false' END || '}' END ||
         coalesce(',"imei":"' || imei || '"', '') || battery
$$;

-- The longest piece last: each concatenation copies what it has.
CREATE OR REPLACE FUNCTION device_text(identity text, head text, os text, connection text, apps text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT '{' || identity || head || os || (connection || (apps || '}'))
$$;

-- Each heartbeat is looked up by its key: as a join it would be merged where PostgreSQL knows little of the tables, and a page
-- deep in the list would read all heartbeats before it.
CREATE OR REPLACE VIEW device_document AS
SELECT account_id, id, name, serialnumber, family, group_name, created_at, enrollment_id, secret_hash, identity, boot_id,
       imei, battery, os, connection, apps, os_release, iccids, update_checked_at, reset_at, last_checkin,
       last_checkin_text, online, presence_mark, os_updated, apps_updated, project_updated, head,
       device_text(identity, head, os, connection, apps) AS document
FROM (
  SELECT d.account_id, d.id, d.name, d.serialnumber, d.family, d.group_name, d.created_at, d.enrollment_id, d.secret_hash,
         d.identity, d.boot_id, d.imei, h.battery, d.os, h.connection, d.apps, d.os_release, d.iccids, d.update_checked_at,
         d.reset_at, h.last_checkin, h.last_checkin_text, d.online, coalesce(h.silent_since, h.last_checkin) AS presence_mark,
         d.os_updated, d.apps_updated, d.project_updated,
         device_head(h.last_checkin_text, d.online, d.os_updated, d.apps_updated, d.project_updated, d.imei, h.battery)
           COLLATE "default" AS head
  FROM device AS d CROSS JOIN LATERAL (
    SELECT battery, connection, last_checkin, last_checkin_text, silent_since FROM heartbeat AS h
    WHERE h.account_id = d.account_id AND h.device_id = d.id OFFSET 0) AS h) AS d;

CREATE OR REPLACE FUNCTION device_counters(d device) RETURNS TABLE (kind text, key text) LANGUAGE sql IMMUTABLE AS $$
  VALUES ('devices', ''), ('group', d.group_name), ('family', d.family), ('release', d.os_release),
         ('online', CASE WHEN d.online THEN '' END),
         ('outOfDate', CASE WHEN NOT (d.os_updated AND d.apps_updated AND d.project_updated) THEN '' END)
$$;

CREATE OR REPLACE FUNCTION count_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter_difference
  SELECT coalesce(NEW.account_id, OLD.account_id), kind, key, sum(difference)
  FROM (SELECT -1 AS difference, * FROM device_counters(OLD) WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT 1, * FROM device_counters(NEW) WHERE TG_OP <> 'DELETE') AS change
  WHERE key IS NOT NULL
  GROUP BY kind, key HAVING sum(difference) <> 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_devices AFTER INSERT OR DELETE ON device FOR EACH ROW EXECUTE FUNCTION count_devices();
COMMENT ON TRIGGER count_devices ON device IS 'The counts of devices include every device that is there, and no other.';

CREATE OR REPLACE TRIGGER recount_devices AFTER UPDATE ON device FOR EACH ROW
WHEN (OLD.online <> NEW.online OR OLD.group_name <> NEW.group_name OR OLD.family <> NEW.family
      OR OLD.os_release IS DISTINCT FROM NEW.os_release)
EXECUTE FUNCTION count_devices();
COMMENT ON TRIGGER recount_devices ON device IS
'The counts of devices by group, family, release and presence follow every change; reconcile_with() counts by status.';

CREATE OR REPLACE FUNCTION note_ended_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ended_device_credential (device_id, secret_hash) VALUES (old.id, old.secret_hash);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER device_deleted AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION note_ended_credential();
COMMENT ON TRIGGER device_deleted ON device IS 'Every node refuses the credential of a deleted device within a second.';

CREATE OR REPLACE TRIGGER device_secret AFTER UPDATE OF secret_hash ON device FOR EACH ROW
  WHEN (old.secret_hash <> new.secret_hash) EXECUTE FUNCTION note_ended_credential();
COMMENT ON TRIGGER device_secret ON device IS
'Every node refuses the old credential of a device that enrolled again within a second.';

-- `at` is when it was recorded or, where the device's clock cannot be right, when it arrived.
CREATE OR REPLACE VIEW location_document AS
SELECT account_id, device_id, received_at,
  CASE WHEN recorded_at BETWEEN received_at - interval '400 days' AND received_at THEN recorded_at ELSE received_at END AS at,
  json_strip_nulls(json_build_object(
    'latitude', latitude, 'longitude', longitude, 'accuracy', accuracy, 'altitude', altitude, 'provider', provider,
    'recordedAt', iso_time(recorded_at))) AS document
FROM device_location;
