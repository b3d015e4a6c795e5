ALTER TABLE device
  -- What it reports and cannot be read, as it stands in the document: [{path, message, since}]; NULL for nothing.
  ADD COLUMN report_faults text,
  -- Whether two devices seem to use its credential, and the boots and IMEIs by which that is seen, newest first.
  ADD COLUMN has_conflict boolean NOT NULL DEFAULT false,
  ADD COLUMN past_boots text[],
  ADD COLUMN past_imeis text[],
  -- The IMEI given at enrollment, until a report names another one.
  ADD COLUMN enrolled_imei text COLLATE "C",
  -- Whether it has reported since it enrolled.
  ADD COLUMN has_reported boolean NOT NULL DEFAULT true;

CREATE OR REPLACE FUNCTION write_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.identity := '"id":"' || NEW.id || '","self":"/v1/default/device/' || NEW.id || '","name":' || to_json(NEW.name) ||
    ',"serialnumber":' || to_json(NEW.serialnumber) || ',"family":' || to_json(NEW.family) ||
    ',"createdAt":"' || iso_time(NEW.created_at) || '","group":{"name":' || to_json(NEW.group_name) ||
    ',"self":"/v1/default/group/' || path_segment(NEW.group_name) || '"}' ||
    CASE WHEN NEW.has_conflict THEN ',"conflict":true' ELSE '' END || coalesce(',"reportFaults":' || NEW.report_faults, '');
  RETURN NEW;
END $$;
DROP TRIGGER write_identity ON device;
CREATE TRIGGER write_identity
BEFORE INSERT OR UPDATE OF name, serialnumber, family, group_name, created_at, has_conflict, report_faults ON device
FOR EACH ROW EXECUTE FUNCTION write_identity();

-- The device's reset (of a wipe) or look for updates (of a check) that was known when it was sent.
ALTER TABLE notification ADD COLUMN known_time timestamptz;
UPDATE notification AS n SET known_time = CASE n.type WHEN 'wipe' THEN d.reset_at ELSE d.update_checked_at END
FROM device AS d
WHERE n.state IN ('sent', 'acknowledged') AND n.type IN ('wipe', 'check') AND d.account_id = n.account_id AND d.id = n.device_id;

-- Locations are read in the order of their arrival.
CREATE INDEX device_location_arrival ON device_location (account_id, device_id, received_at DESC);
DROP INDEX device_location_newest;
DROP VIEW location_document;
-- `at` is when it was recorded or, where the device's clock cannot be right, when it arrived.
CREATE VIEW location_document AS
SELECT account_id, device_id, received_at,
  CASE WHEN recorded_at BETWEEN received_at - interval '400 days' AND received_at THEN recorded_at ELSE received_at END AS at,
  json_strip_nulls(json_build_object(
    'latitude', latitude, 'longitude', longitude, 'accuracy', accuracy, 'altitude', altitude, 'provider', provider,
    'recordedAt', iso_time(recorded_at))) AS document
FROM device_location;

-- A token that lets a device take over a serial number that is known with another IMEI.
ALTER TABLE enrollment ADD COLUMN allow_takeover boolean NOT NULL DEFAULT false;
CREATE OR REPLACE VIEW enrollment_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/enrollment/' || id, 'group', coalesce(group_name, 'unassigned'),
  'expiresAt', iso_time(expires_at), 'maxUses', max_uses,
  'uses', coalesce((SELECT value FROM counter_total AS c
                    WHERE c.account_id = e.account_id AND c.kind = 'enrollment' AND c.key = e.id::text), 0),
  'note', note, 'allowTakeover', nullif(allow_takeover, false), 'createdAt', iso_time(created_at))) AS document
FROM enrollment AS e;

-- Since when this node lives, and since when the platform has been up without a break as far as this node knows.
ALTER TABLE gateway
  ADD COLUMN started_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN up_since timestamptz NOT NULL DEFAULT now();
