-- Up to which device the apps are counted, in the order of accounts and ids: those that were there before are counted in portions.
CREATE TABLE app_count_place (
  is_only boolean PRIMARY KEY DEFAULT true,
  account_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  device_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  CONSTRAINT app_count_place_is_only CHECK (is_only)
);
INSERT INTO app_count_place DEFAULT VALUES;

-- As in sql/app.sql: what changes while the others are counted must be counted, too.
CREATE FUNCTION reported_apps(apps text) RETURNS TABLE (name text, version text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT ON (1) app ->> 'name', app ->> 'version'
  FROM json_array_elements(('{' || substr(apps, 2) || '}')::json -> 'apps') WITH ORDINALITY AS t (app, place) ORDER BY 1, place
$$;

CREATE FUNCTION app_version_prefix(package text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(package, E'\x01', E'\x01\x02') || E'\x01\x01';

CREATE FUNCTION app_counters(apps text) RETURNS TABLE (kind text, key text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT c.kind, c.key FROM reported_apps(apps) AS a
  CROSS JOIN LATERAL (VALUES ('app', a.name), ('appVersion', app_version_prefix(a.name) || a.version)) AS c (kind, key)
$$;

CREATE FUNCTION count_apps() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
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
  SELECT account_id, kind, key, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END
  FROM changed_rows AS c CROSS JOIN LATERAL app_counters(c.apps)
  WHERE (c.account_id, c.id) <= (place.account_id, place.device_id)
  GROUP BY account_id, kind, key;
  RETURN NULL;
END $$;

CREATE TRIGGER count_new_apps AFTER INSERT ON device
REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();

CREATE TRIGGER count_apps AFTER UPDATE ON device
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();

CREATE TRIGGER count_gone_apps AFTER DELETE ON device
REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
