-- Ingest passes SIMs without a limit over: a limit waits for those that are under way and did not see it.
CREATE OR REPLACE FUNCTION judge_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(usage_lock(NEW.account_id));
  INSERT INTO usage_touched (account_id, iccid, day) VALUES (NEW.account_id, NEW.iccid, current_date);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER judge_limit AFTER UPDATE ON sim FOR EACH ROW
WHEN (OLD.data_limit_bytes IS DISTINCT FROM NEW.data_limit_bytes
      OR OLD.data_limit_action IS DISTINCT FROM NEW.data_limit_action)
EXECUTE FUNCTION judge_limit();
COMMENT ON TRIGGER judge_limit ON sim IS 'A data limit that is set, raised or lowered is compared with the usage there is.';
