CREATE OR REPLACE FUNCTION begin_heartbeat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO heartbeat (account_id, device_id, connection, battery, last_checkin, last_checkin_text, online, silent_since)
  SELECT account_id, id, connection, battery, last_checkin, last_checkin_text, online,
         CASE WHEN NOT online OR last_checkin < now() - interval '15 minutes' THEN last_checkin END
  FROM new_devices;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER begin_heartbeat AFTER INSERT ON device
  REFERENCING NEW TABLE AS new_devices FOR EACH STATEMENT EXECUTE FUNCTION begin_heartbeat();
COMMENT ON TRIGGER begin_heartbeat ON device IS 'Every device has a heartbeat.';

-- A device that comes back is silent until it has checked in; a check-in that brings it back has said so already.
CREATE OR REPLACE FUNCTION follow_presence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE heartbeat SET online = NEW.online, silent_since = coalesce(silent_since, last_checkin)
  WHERE account_id = NEW.account_id AND device_id = NEW.id AND online <> NEW.online;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_presence AFTER UPDATE OF online ON device FOR EACH ROW
WHEN (OLD.online <> NEW.online) EXECUTE FUNCTION follow_presence();
COMMENT ON TRIGGER follow_presence ON device IS 'A heartbeat says whether its device is online.';

-- The next two are for programs of the version before, which write these columns; see migration 0026.
CREATE OR REPLACE FUNCTION follow_checkin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE heartbeat SET
    last_checkin = NEW.last_checkin, last_checkin_text = NEW.last_checkin_text,
    battery = CASE WHEN NEW.battery <> OLD.battery THEN NEW.battery ELSE battery END,
    connection = CASE WHEN NEW.connection <> OLD.connection THEN NEW.connection ELSE connection END,
    online = NEW.online,
    silent_since = CASE WHEN NOT NEW.online OR NEW.last_checkin < now() - interval '15 minutes' THEN NEW.last_checkin END
  WHERE account_id = NEW.account_id AND device_id = NEW.id;
  RETURN NULL;
END $$;

-- Fires after follow_presence, by its name.
CREATE OR REPLACE TRIGGER follow_presence_and_checkin AFTER UPDATE OF last_checkin ON device FOR EACH ROW
EXECUTE FUNCTION follow_checkin();
COMMENT ON TRIGGER follow_presence_and_checkin ON device IS
'A check-in at a program of the version before is in the heartbeat.';

CREATE OR REPLACE FUNCTION hold_back_sweep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.online := OLD.online;
  NEW.gateway := OLD.gateway;
  NEW.presence_due := now() + interval '1 hour';
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER hold_back_sweep BEFORE UPDATE OF presence_due ON device FOR EACH ROW
EXECUTE FUNCTION hold_back_sweep();
COMMENT ON TRIGGER hold_back_sweep ON device IS
'A program of the version before, which does not see all check-ins, marks no device as missed.';
