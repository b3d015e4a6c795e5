-- A package is counted once for a device, in the version that filters see: the first one reported.
CREATE OR REPLACE FUNCTION reported_apps(apps text) RETURNS TABLE (name text, version text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT ON (1) app ->> 'name', app ->> 'version'
  FROM json_array_elements(reported(apps) -> 'apps') WITH ORDINALITY AS t (app, place) ORDER BY 1, place
$$;

-- What stands before the version in the key of a counter: no other package has the same beginning, whatever is in its name.
CREATE OR REPLACE FUNCTION app_version_prefix(package text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(package, E'\x01', E'\x01\x02') || E'\x01\x01';

CREATE OR REPLACE FUNCTION app_counters(apps text) RETURNS TABLE (kind text, key text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT c.kind, c.key FROM reported_apps(apps) AS a
  CROSS JOIN LATERAL (VALUES ('app', a.name), ('appVersion', app_version_prefix(a.name) || a.version)) AS c (kind, key)
$$;

-- Per statement: check-ins that are written together mostly report the same apps. See record_notifications() for the nested loops.
CREATE OR REPLACE FUNCTION count_apps() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE
  place app_count_place;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NOT EXISTS (SELECT FROM new_rows AS n JOIN old_rows AS o ON o.account_id = n.account_id AND o.id = n.id
                   WHERE n.apps <> o.apps) THEN
      RETURN NULL;
    END IF;
    SELECT * INTO place FROM app_count_place;
    INSERT INTO counter_difference
    SELECT account_id, kind, key, sum(difference)
    FROM (SELECT n.account_id, n.apps, 1 AS difference FROM new_rows AS n
          JOIN old_rows AS o ON o.account_id = n.account_id AND o.id = n.id
          WHERE n.apps <> o.apps AND (n.account_id, n.id) <= (place.account_id, place.device_id)
          UNION ALL
          SELECT o.account_id, o.apps, -1 FROM new_rows AS n
          JOIN old_rows AS o ON o.account_id = n.account_id AND o.id = n.id
          WHERE n.apps <> o.apps AND (n.account_id, n.id) <= (place.account_id, place.device_id)) AS change
    CROSS JOIN LATERAL app_counters(apps)
    GROUP BY account_id, kind, key HAVING sum(difference) <> 0;
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT FROM changed_rows WHERE apps <> '') THEN
    RETURN NULL;
  END IF;
  SELECT * INTO place FROM app_count_place;
  INSERT INTO counter_difference
  SELECT c.account_id, a.kind, a.key, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
  FROM changed_rows AS c CROSS JOIN LATERAL app_counters(c.apps) AS a
  WHERE (c.account_id, c.id) <= (place.account_id, place.device_id)
  GROUP BY c.account_id, a.kind, a.key;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_new_apps AFTER INSERT ON device
REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
COMMENT ON TRIGGER count_new_apps ON device IS 'The counts of apps include those of every device, whatever writes it.';

CREATE OR REPLACE TRIGGER count_apps AFTER UPDATE ON device
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
COMMENT ON TRIGGER count_apps ON device IS 'The counts of apps change together with the reports of the devices.';

CREATE OR REPLACE TRIGGER count_gone_apps AFTER DELETE ON device
REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
COMMENT ON TRIGGER count_gone_apps ON device IS 'The apps of a device that is gone are counted no more.';

-- The counts of the versions of a package, as many as are asked for and one more.
CREATE OR REPLACE FUNCTION app_versions(account uuid, package text, most int) RETURNS TABLE (version text, devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT substr(key, length(app_version_prefix(package)) + 1), value FROM counter_total
  WHERE account_id = account AND kind = 'appVersion' AND value > 0
    AND key >= app_version_prefix(package) AND key < left(app_version_prefix(package), -1) || E'\x02'
  ORDER BY key LIMIT most + 1
$$;

CREATE OR REPLACE FUNCTION installed_app(account uuid, package text, total bigint, most int) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object(
    'package', package, 'self', '/v1/default/app/' || path_segment(package), 'devices', total,
    'versions', json_agg(json_build_object('version', v.version, 'devices', v.devices)
                         ORDER BY version_key(v.version) COLLATE "C" DESC, v.version COLLATE "C") FILTER (WHERE place <= most),
    'moreVersions', CASE WHEN count(*) > most THEN true END))
  FROM (SELECT *, row_number() OVER () AS place FROM app_versions(account, package, most)) AS v
$$;

CREATE OR REPLACE VIEW app_document AS
SELECT account_id, key AS package, installed_app(account_id, key, value, 100) AS document
FROM counter_total WHERE kind = 'app' AND value > 0;
