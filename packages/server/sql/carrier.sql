-- A trigger, so that no way to make an account can forget them.
CREATE OR REPLACE FUNCTION add_built_in_carriers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO carrier (account_id, name, type) VALUES (NEW.id, 'manual', 'manual'), (NEW.id, 'simulated', 'simulated');
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER add_built_in_carriers AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION add_built_in_carriers();
COMMENT ON TRIGGER add_built_in_carriers ON account IS 'Every account has the connections `manual` and `simulated`.';

-- What the program knows of the type is added where the document is read.
CREATE OR REPLACE VIEW carrier_document AS
SELECT account_id, name, type, json_strip_nulls(json_build_object(
  'name', name, 'self', '/v1/default/carrier/' || name, 'id', id, 'type', type, 'options', options,
  'state', CASE WHEN failing_since IS NULL THEN 'ok' ELSE 'error' END, 'lastError', last_error,
  'failingSince', iso_time(failing_since), 'lastSyncAt', iso_time(last_sync_at), 'nextSyncAt', iso_time(sync_due),
  'syncing', sync_due IS NOT NULL AND (sync_due <= now() OR sync IS NOT NULL),
  'counts', coalesce(counts, '{"sims": 0, "imported": 0, "unknown": 0, "corrected": 0, "missing": 0}'),
  'createdAt', iso_time(created_at))) AS document
FROM carrier;
