-- Who ties SIMs to devices holds this lock shared, who registers SIMs alone: neither can miss what the other is about to commit.
CREATE OR REPLACE FUNCTION sim_lock(account_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('sim ' || account_id, 0);

-- The device that reports an ICCID; of several the one that did so last. Looked for by the ICCID alone, whatever the
-- planner knows of a fleet that was just filled: by account it would read every device for each SIM.
CREATE OR REPLACE FUNCTION device_reporting(account uuid, iccid text) RETURNS uuid LANGUAGE sql STABLE SET enable_seqscan = off
BEGIN ATOMIC
  WITH reporting AS MATERIALIZED (SELECT * FROM device AS d WHERE d.iccids @> ARRAY[iccid])
  SELECT d.id FROM reporting AS d JOIN heartbeat AS h ON h.account_id = d.account_id AND h.device_id = d.id
  WHERE d.account_id = account ORDER BY h.last_checkin DESC LIMIT 1;
END;

-- Triggers, for many statements write devices: none can forget the SIMs, and a report that changes nothing costs two
-- comparisons.
CREATE OR REPLACE FUNCTION tie_sims() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE TRIGGER tie_sims AFTER UPDATE OF iccids, imei ON device FOR EACH ROW
WHEN (OLD.iccids IS DISTINCT FROM NEW.iccids OR OLD.imei IS DISTINCT FROM NEW.imei)
EXECUTE FUNCTION tie_sims();
COMMENT ON TRIGGER tie_sims ON device IS
'A SIM belongs to the device that reports it; of several devices, to the one that reported last.';

CREATE OR REPLACE TRIGGER untie_sims AFTER DELETE ON device FOR EACH ROW WHEN (OLD.iccids IS NOT NULL) EXECUTE FUNCTION tie_sims();
COMMENT ON TRIGGER untie_sims ON device IS
'The SIMs of a deleted device go to another device that reports them, or to none.';

CREATE OR REPLACE FUNCTION check_imei_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN NEW.device_id := device_reporting(NEW.account_id, NEW.iccid); END IF;
  NEW.foreign_imei := CASE WHEN NEW.imei_lock IS NOT NULL THEN (
    SELECT imei FROM device WHERE account_id = NEW.account_id AND id = NEW.device_id AND imei <> NEW.imei_lock) END;
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_imei_lock BEFORE INSERT OR UPDATE OF device_id, imei_lock ON sim FOR EACH ROW
EXECUTE FUNCTION check_imei_lock();
COMMENT ON TRIGGER check_imei_lock ON sim IS
'A SIM that is locked to an IMEI knows the IMEI of its device when that is another one.';

-- What the devices do to SIMs is told under their name; a violation is told once.
CREATE OR REPLACE FUNCTION record_sim_device() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject jsonb := jsonb_build_object('kind', 'sim', 'id', NEW.iccid);
  device uuid := coalesce(NEW.device_id, OLD.device_id);
  actor jsonb := jsonb_build_object('kind', 'device', 'id', device);
BEGIN
  IF NEW.device_id IS DISTINCT FROM OLD.device_id THEN
    PERFORM record_events(ARRAY[ROW(NEW.account_id, 'sim.device', actor, subject, device,
      jsonb_strip_nulls(jsonb_build_object('from', OLD.device_id, 'to', NEW.device_id)))::new_event]);
  END IF;
  IF NEW.foreign_imei IS NOT NULL
     AND (NEW.foreign_imei, NEW.imei_lock, NEW.device_id) IS DISTINCT FROM (OLD.foreign_imei, OLD.imei_lock, OLD.device_id) THEN
    PERFORM record_events(ARRAY[ROW(NEW.account_id, 'sim.imei_lock', actor, subject, device,
      jsonb_build_object('device', NEW.device_id, 'imei', NEW.foreign_imei, 'imeiLock', NEW.imei_lock))::new_event]);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER record_sim_device AFTER UPDATE OF device_id, imei_lock ON sim FOR EACH ROW
WHEN (NEW.device_id IS DISTINCT FROM OLD.device_id OR NEW.foreign_imei IS NOT NULL)
EXECUTE FUNCTION record_sim_device();
COMMENT ON TRIGGER record_sim_device ON sim IS 'A SIM that changes its device, or violates its IMEI lock, is an event.';

CREATE OR REPLACE VIEW sim_document AS
SELECT account_id, iccid, name, imsi, msisdn, eid, carrier, s.state, state_reason, pending_state, pending_reason,
       pending_by, carrier_due, carrier_attempts, carrier_call, data_limit_bytes, data_limit_action, imei_lock,
       device_id, foreign_imei, created_at, activated_at,
       json_strip_nulls(json_build_object(
         'iccid', iccid, 'self', '/v1/default/sim/' || iccid, 'name', name, 'imsi', imsi, 'msisdn', msisdn, 'eid', eid,
         'carrier', carrier, 'state', s.state, 'pendingState', pending_state, 'stateReason', state_reason,
         'carrierState', a.state, 'carrierReason', a.reason, 'asOf', iso_time(a.seen_at),
         'markers', coalesce((SELECT json_agg(json_build_object('key', m.key, 'value', m.value) ORDER BY m.key)
                              FROM sim_marker AS m
                              WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.until_day = 'infinity'), '[]'),
         'dataLimit', CASE WHEN data_limit_bytes IS NOT NULL
                           THEN json_build_object('bytes', data_limit_bytes, 'action', data_limit_action) END,
         'imeiLock', imei_lock,
         'atCarrier', (SELECT json_object_agg(t.setting, json_strip_nulls(json_build_object(
                          'state', CASE WHEN t.due IS NOT NULL THEN 'pending' WHEN t.reason IS NOT NULL THEN 'refused' ELSE 'set' END,
                          'reason', t.reason, 'asOf', CASE WHEN t.due IS NULL AND t.reason IS NULL THEN iso_time(t.told_at) END)))
                       FROM sim_setting AS t
                       WHERE t.account_id = s.account_id AND t.iccid = s.iccid AND t.carrier = s.carrier),
         'device', CASE WHEN device_id IS NOT NULL
                        THEN json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id) END,
         'createdAt', iso_time(created_at), 'activatedAt', iso_time(activated_at),
         'usage', (SELECT usage_model(coalesce(sum(usage_total(upload)), 0), coalesce(sum(usage_total(download)), 0), month_start())::json
                   FROM usage_sim_month AS u
                   WHERE u.account_id = s.account_id AND u.month = month_start() AND u.iccid = s.iccid))) AS document
FROM sim AS s LEFT JOIN LATERAL (
  SELECT a.state, a.reason, a.seen_at FROM sim_at_carrier AS a
  WHERE a.account_id = s.account_id AND a.iccid = s.iccid AND a.carrier = s.carrier OFFSET 0) AS a ON true;
