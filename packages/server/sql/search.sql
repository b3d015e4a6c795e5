-- What is looked for in the text of a device or SIM: fewer than three characters are the beginning of something there.
CREATE OR REPLACE FUNCTION search_fragment(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN length(search_text(written)) < 3 THEN E'\x01' ELSE '' END || search_text(written);

CREATE OR REPLACE FUNCTION device_search_text(d device) RETURNS text LANGUAGE sql STABLE
RETURN search_text(concat_ws(E'\x01', '', d.name, d.serialnumber, d.imei, array_to_string(d.iccids, E'\x01'), d.id));

CREATE OR REPLACE FUNCTION keep_device_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO device_search (account_id, id, slice, text)
  VALUES (NEW.account_id, NEW.id, left(NEW.id::text, 5), device_search_text(NEW))
  ON CONFLICT (account_id, id) DO UPDATE SET text = excluded.text WHERE device_search.text <> excluded.text;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_new_device_search AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION keep_device_search();
COMMENT ON TRIGGER keep_new_device_search ON device IS 'A device is found by fragments of its name, numbers and id from its enrollment on.';

CREATE OR REPLACE TRIGGER keep_device_search AFTER UPDATE OF name, serialnumber, imei, iccids ON device FOR EACH ROW
WHEN ((OLD.name, OLD.serialnumber, OLD.imei, OLD.iccids) IS DISTINCT FROM (NEW.name, NEW.serialnumber, NEW.imei, NEW.iccids))
EXECUTE FUNCTION keep_device_search();
COMMENT ON TRIGGER keep_device_search ON device IS 'What a device is found by follows its name and the numbers that it reports.';

CREATE OR REPLACE FUNCTION sim_search_text(s sim) RETURNS text LANGUAGE sql STABLE
RETURN search_text(concat_ws(E'\x01', '', s.iccid, s.imsi, s.msisdn, s.name));

CREATE OR REPLACE FUNCTION keep_sim_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sim_search (account_id, iccid, slice, text)
  VALUES (NEW.account_id, NEW.iccid, left(NEW.iccid, 14), sim_search_text(NEW))
  ON CONFLICT (account_id, iccid) DO UPDATE SET slice = excluded.slice, text = excluded.text
  WHERE sim_search.text <> excluded.text;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER keep_new_sim_search AFTER INSERT ON sim FOR EACH ROW EXECUTE FUNCTION keep_sim_search();
COMMENT ON TRIGGER keep_new_sim_search ON sim IS 'A SIM is found by fragments of its name and numbers from its registration on.';

CREATE OR REPLACE TRIGGER keep_sim_search AFTER UPDATE OF iccid, imsi, msisdn, name ON sim FOR EACH ROW
WHEN ((OLD.iccid, OLD.imsi, OLD.msisdn, OLD.name) IS DISTINCT FROM (NEW.iccid, NEW.imsi, NEW.msisdn, NEW.name))
EXECUTE FUNCTION keep_sim_search();
COMMENT ON TRIGGER keep_sim_search ON sim IS 'What a SIM is found by follows its name and numbers.';
