-- What check-ins change again and again, apart from the document of the device: a check-in writes 0.4 KB in place of 2 KB, and
-- touches no index. `device` has `online` as well, for its lists and counts.
--
-- The columns of `device` that this replaces (battery, connection, last_checkin, last_checkin_text, head, online_since,
-- presence_mark, presence_due) are written no more. They stay for programs of the version before that run beside this one, whose
-- check-ins and enrollments triggers bring here, and whose sweep of presence a trigger holds back; a later migration drops them.
-- What such a program shows of a device is what the view says, so it is up to date. A partial report that it takes in leaves the
-- battery and connection as they are here, unless it changes them from what they were before this migration.
CREATE TABLE heartbeat (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  -- As the members stand in the document: ',"connection":{…}', or nothing.
  connection text NOT NULL DEFAULT '',
  battery text NOT NULL DEFAULT '',
  last_checkin timestamptz NOT NULL DEFAULT now(),
  -- Written out, for pages of devices: 4 µs each otherwise.
  last_checkin_text text NOT NULL DEFAULT iso_time(now()),
  online boolean NOT NULL DEFAULT true,
  -- The time of the last check-in where the device is offline or has missed three; an index on last_checkin itself would cost
  -- every check-in.
  silent_since timestamptz,
  PRIMARY KEY (account_id, device_id),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE,
  CONSTRAINT heartbeat_silence CHECK (online OR silent_since IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX heartbeat_silent ON heartbeat (account_id, silent_since) WHERE silent_since IS NOT NULL;
CREATE INDEX heartbeat_silent_online ON heartbeat (account_id, silent_since) WHERE silent_since IS NOT NULL AND online;

-- What the sweep of presence found when it last came to the end: no device that is not silent was last heard of before then.
CREATE TABLE presence_sweep (
  is_only boolean PRIMARY KEY DEFAULT true,
  -- What comes in otherwise than by a check-in, and is older, is silent from the start.
  heard_since timestamptz NOT NULL DEFAULT now() - interval '15 minutes',
  -- Up to where the devices that were there before have their heartbeats.
  filled_account uuid DEFAULT '00000000-0000-0000-0000-000000000000',
  filled_device uuid DEFAULT '00000000-0000-0000-0000-000000000000',
  CONSTRAINT presence_sweep_is_only CHECK (is_only)
);
INSERT INTO presence_sweep DEFAULT VALUES;

CREATE FUNCTION begin_heartbeat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO heartbeat
  SELECT account_id, id, connection, battery, last_checkin, last_checkin_text, online,
         CASE WHEN NOT online OR last_checkin < now() - interval '15 minutes' THEN last_checkin END
  FROM new_devices;
  RETURN NULL;
END $$;
CREATE TRIGGER begin_heartbeat AFTER INSERT ON device
  REFERENCING NEW TABLE AS new_devices FOR EACH STATEMENT EXECUTE FUNCTION begin_heartbeat();

-- Until all devices have been filled in, it brings what earlier programs write meanwhile.
CREATE FUNCTION copy_heartbeat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO heartbeat
  VALUES (NEW.account_id, NEW.id, NEW.connection, NEW.battery, NEW.last_checkin, NEW.last_checkin_text, NEW.online,
          CASE WHEN NOT NEW.online OR NEW.last_checkin < now() - interval '15 minutes' THEN NEW.last_checkin END)
  ON CONFLICT (account_id, device_id) DO UPDATE SET
    connection = excluded.connection, battery = excluded.battery, last_checkin = excluded.last_checkin,
    last_checkin_text = excluded.last_checkin_text, online = excluded.online, silent_since = excluded.silent_since;
  RETURN NULL;
END $$;
CREATE TRIGGER copy_heartbeat AFTER UPDATE ON device FOR EACH ROW EXECUTE FUNCTION copy_heartbeat();
