CREATE FUNCTION utc_day(moment timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (moment AT TIME ZONE 'UTC')::date;

-- A SIM is known by its ICCID, which is the key that it is paged by.
CREATE TABLE sim (
  account_id uuid NOT NULL REFERENCES account,
  iccid text COLLATE "C" NOT NULL,
  name text,
  imsi text COLLATE "C",
  msisdn text COLLATE "C",
  eid text COLLATE "C",
  carrier text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'ready',
  state_reason text,
  -- Where the carrier is to take it, why, and who asked for it.
  pending_state text COLLATE "C",
  pending_reason text,
  pending_by jsonb,
  -- When the carrier is asked next, how often it was asked, and by which call that is under way: a call that never ends is
  -- given up when it is due again.
  carrier_due timestamptz,
  carrier_attempts int NOT NULL DEFAULT 0,
  carrier_call uuid,
  data_limit_bytes bigint,
  data_limit_action text,
  imei_lock text COLLATE "C",
  device_id uuid,
  -- The IMEI of its device where that is not the one that it is locked to.
  foreign_imei text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  PRIMARY KEY (account_id, iccid)
) WITH (fillfactor = 85);
CREATE INDEX sim_by_state ON sim (account_id, state, iccid);
CREATE INDEX sim_by_carrier ON sim (account_id, carrier, iccid);
CREATE INDEX sim_by_device ON sim (account_id, device_id, iccid) WHERE device_id IS NOT NULL;
CREATE INDEX sim_by_iccid_prefix ON sim (account_id, iccid text_pattern_ops);
CREATE INDEX sim_by_imsi_prefix ON sim (account_id, imsi text_pattern_ops) WHERE imsi IS NOT NULL;
CREATE INDEX sim_by_msisdn_prefix ON sim (account_id, msisdn text_pattern_ops) WHERE msisdn IS NOT NULL;
CREATE INDEX sim_by_name_prefix ON sim (account_id, lower(name) text_pattern_ops) WHERE name IS NOT NULL;
CREATE INDEX sim_pending ON sim (account_id, carrier_due) WHERE pending_state IS NOT NULL;
CREATE INDEX sim_due ON sim (carrier_due) WHERE pending_state IS NOT NULL;

-- Which value a marker had on which days: from_day and until the day before until_day.
CREATE TABLE sim_marker (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  from_day date NOT NULL DEFAULT '-infinity',
  until_day date NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (account_id, iccid, key, from_day),
  FOREIGN KEY (account_id, iccid) REFERENCES sim,
  CHECK (from_day < until_day)
);

-- Who ties SIMs to devices holds this lock shared, who registers SIMs alone: neither can miss what the other is about to commit.
CREATE FUNCTION sim_lock(account_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('sim ' || account_id, 0);

-- Entries that wait to be merged are read one by one: beside 20,000 new devices a look-up took 5 ms, and 0.06 ms without.
ALTER INDEX device_by_iccid SET (fastupdate = off);

-- The device that reports an ICCID; of several the one that did so last. Looked for by the ICCID alone, whatever the
-- planner knows of a fleet that was just filled: by account it would read every device for each SIM.
CREATE FUNCTION device_reporting(account uuid, iccid text) RETURNS uuid LANGUAGE sql STABLE SET enable_seqscan = off
BEGIN ATOMIC
  WITH reporting AS MATERIALIZED (SELECT * FROM device AS d WHERE d.iccids @> ARRAY[iccid])
  SELECT id FROM reporting WHERE account_id = account ORDER BY last_checkin DESC LIMIT 1;
END;

-- Triggers, for many statements write devices: none can forget the SIMs, and a report that changes nothing costs two
-- comparisons.
CREATE FUNCTION tie_sims() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(sim_lock(OLD.account_id));
  -- Also what is in it already: its IMEI may be another one now.
  IF TG_OP = 'UPDATE' THEN
    UPDATE sim SET device_id = NEW.id
    WHERE account_id = NEW.account_id AND iccid = ANY(NEW.iccids)
      AND (device_id = NEW.id OR NOT iccid = ANY(coalesce(OLD.iccids, '{}')));
  END IF;
  UPDATE sim SET device_id = device_reporting(account_id, iccid)
  WHERE account_id = OLD.account_id AND device_id = OLD.id
    AND (TG_OP = 'DELETE' OR NOT iccid = ANY(coalesce(NEW.iccids, '{}')));
  RETURN NULL;
END $$;
CREATE TRIGGER tie_sims AFTER UPDATE OF iccids, imei ON device FOR EACH ROW
WHEN (OLD.iccids IS DISTINCT FROM NEW.iccids OR OLD.imei IS DISTINCT FROM NEW.imei)
EXECUTE FUNCTION tie_sims();
CREATE TRIGGER untie_sims AFTER DELETE ON device FOR EACH ROW WHEN (OLD.iccids IS NOT NULL) EXECUTE FUNCTION tie_sims();

CREATE FUNCTION check_imei_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN NEW.device_id := device_reporting(NEW.account_id, NEW.iccid); END IF;
  NEW.foreign_imei := CASE WHEN NEW.imei_lock IS NOT NULL THEN (
    SELECT imei FROM device WHERE account_id = NEW.account_id AND id = NEW.device_id AND imei <> NEW.imei_lock) END;
  RETURN NEW;
END $$;
CREATE TRIGGER check_imei_lock BEFORE INSERT OR UPDATE OF device_id, imei_lock ON sim FOR EACH ROW
EXECUTE FUNCTION check_imei_lock();

-- What the devices do to SIMs is told under their name; a violation is told once.
CREATE FUNCTION record_sim_device() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject jsonb := jsonb_build_object('kind', 'sim', 'id', NEW.iccid);
  device uuid := coalesce(NEW.device_id, OLD.device_id);
  actor jsonb := jsonb_build_object('kind', 'device', 'id', device);
BEGIN
  IF NEW.device_id IS DISTINCT FROM OLD.device_id THEN
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    VALUES (NEW.account_id, 'sim.device', actor, subject, device,
            jsonb_strip_nulls(jsonb_build_object('from', OLD.device_id, 'to', NEW.device_id)));
  END IF;
  IF NEW.foreign_imei IS NOT NULL
     AND (NEW.foreign_imei, NEW.imei_lock, NEW.device_id) IS DISTINCT FROM (OLD.foreign_imei, OLD.imei_lock, OLD.device_id) THEN
    INSERT INTO event (account_id, type, actor, subject, device_id, data)
    VALUES (NEW.account_id, 'sim.imei_lock', actor, subject, device,
            jsonb_build_object('device', NEW.device_id, 'imei', NEW.foreign_imei, 'imeiLock', NEW.imei_lock));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER record_sim_device AFTER UPDATE OF device_id, imei_lock ON sim FOR EACH ROW
WHEN (NEW.device_id IS DISTINCT FROM OLD.device_id OR NEW.foreign_imei IS NOT NULL)
EXECUTE FUNCTION record_sim_device();
