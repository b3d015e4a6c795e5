-- What carriers report, as it came; what was there is known by (iccid, id) for as long as it is kept. Partitioned by
-- arrival in periods of some weeks, each dropped whole: a duplicate is looked for in the few that there are.
CREATE TABLE usage_record (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  period date NOT NULL,
  PRIMARY KEY (account_id, iccid, id, period)
) PARTITION BY LIST (period);

-- The period that records arrive in now. Whoever moves it on waits until nobody writes to usage_record, and whoever
-- writes has locked that before the period is read: no record arrives in a period that is over.
CREATE TABLE usage_period (period date NOT NULL);
DO $$ BEGIN
  INSERT INTO usage_period VALUES (current_date);
  EXECUTE format('CREATE TABLE usage_record_%s PARTITION OF usage_record FOR VALUES IN (%L)',
                 to_char(current_date, 'YYYYMMDD'), current_date);
END $$;

-- The daily series of every SIM, kept for good. A day that a job has not made a month for goes into the default.
CREATE TABLE usage_sim_day (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  PRIMARY KEY (account_id, iccid, day),
  -- Exact in JSON.
  CONSTRAINT usage_sim_day_exact CHECK (upload + download <= 9007199254740991)
) PARTITION BY RANGE (day);
CREATE TABLE usage_sim_day_default PARTITION OF usage_sim_day DEFAULT WITH (fillfactor = 85);

-- Daily sums of an account (key and value are '') and of each value of a marker. Like counters they are never contended:
-- who changes usage or markers appends differences in its transaction, a job folds them in, a reader adds up both.
CREATE TABLE usage_sum (
  account_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload numeric NOT NULL,
  download numeric NOT NULL,
  PRIMARY KEY (account_id, key, value, day)
) WITH (fillfactor = 85);
CREATE TABLE usage_sum_difference (LIKE usage_sum);
CREATE INDEX usage_sum_difference_key ON usage_sum_difference (account_id, key, value, day);

CREATE VIEW usage_sum_part AS
SELECT * FROM usage_sum UNION ALL SELECT * FROM usage_sum_difference;

-- For what compares with allowances, which are far smaller than where these stop growing.
CREATE VIEW usage_account_day AS
SELECT account_id, day, least(sum(upload), 4611686018427387903)::bigint AS upload,
       least(sum(download), 4611686018427387903)::bigint AS download
FROM usage_sum_part WHERE key = '' AND value = '' GROUP BY account_id, day;

-- Days of SIMs that changed and were not judged yet.
CREATE TABLE usage_touched (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL
);

CREATE INDEX sim_marker_by_value ON sim_marker (account_id, key, value, iccid);
CREATE INDEX sim_marker_by_key ON sim_marker (account_id, key, iccid);

-- Ingest holds this lock shared while it counts by markers, a change of markers alone while it counts anew.
CREATE FUNCTION usage_lock(account_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('usage ' || account_id, 0);

-- Moves what SIMs have used on the days of a change from the values that go to those that come. A trigger, so that no
-- change of markers can forget it.
CREATE FUNCTION recount_markers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account uuid;
  gone sim_marker[] := '{}';
  come sim_marker[] := '{}';
BEGIN
  -- A SIM that this transaction registers has no usage yet.
  IF TG_OP <> 'INSERT' THEN
    SELECT coalesce(array_agg(m), '{}') INTO gone FROM old_marker AS m
    WHERE NOT EXISTS (SELECT FROM sim AS s WHERE s.account_id = m.account_id AND s.iccid = m.iccid AND s.created_at = now());
  END IF;
  IF TG_OP <> 'DELETE' THEN
    SELECT coalesce(array_agg(m), '{}') INTO come FROM new_marker AS m
    WHERE NOT EXISTS (SELECT FROM sim AS s WHERE s.account_id = m.account_id AND s.iccid = m.iccid AND s.created_at = now());
  END IF;
  IF gone = '{}' AND come = '{}' THEN RETURN NULL; END IF;
  FOR account IN SELECT DISTINCT account_id FROM unnest(gone || come) ORDER BY account_id LOOP
    PERFORM pg_advisory_xact_lock(usage_lock(account));
  END LOOP;
  INSERT INTO usage_sum_difference
  SELECT m.account_id, m.key, m.value, d.day, sum(m.sign * d.upload), sum(m.sign * d.download)
  FROM (SELECT -1 AS sign, * FROM unnest(gone) UNION ALL SELECT 1, * FROM unnest(come)) AS m,
       LATERAL (SELECT day, upload, download FROM usage_sim_day AS d
                WHERE d.account_id = m.account_id AND d.iccid = m.iccid AND day >= from_day AND day < until_day
                OFFSET 0) AS d
  GROUP BY 1, 2, 3, 4 HAVING sum(m.sign * d.upload) <> 0 OR sum(m.sign * d.download) <> 0;
  RETURN NULL;
END $$;
CREATE TRIGGER recount_added AFTER INSERT ON sim_marker REFERENCING NEW TABLE AS new_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
CREATE TRIGGER recount_changed AFTER UPDATE ON sim_marker REFERENCING OLD TABLE AS old_marker NEW TABLE AS new_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
CREATE TRIGGER recount_removed AFTER DELETE ON sim_marker REFERENCING OLD TABLE AS old_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();

-- The contract's usage element. Sums are exact however large.
CREATE FUNCTION usage_model(upload numeric, download numeric, day date) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN '{"total":' || upload + download || ',"unit":"bytes","upload":' || upload ||
       ',"date":"' || to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z","download":' || download || '}';

-- The days of a record that lasts over midnight: each part rounded down, the last one taking the rest.
CREATE FUNCTION usage_parts(started_at timestamptz, ended_at timestamptz, upload bigint, download bigint)
RETURNS TABLE (day date, upload bigint, download bigint) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH span AS (
    SELECT d::timestamptz AS begins, d::timestamptz + interval '1 day' AS ends, extract(epoch FROM ended_at - started_at) AS seconds
    FROM generate_series(date_trunc('day', started_at), ended_at - interval '1 microsecond', interval '1 day') AS d
  ), part AS (
    SELECT begins, ends, div(upload * extract(epoch FROM least(ended_at, ends) - greatest(started_at, begins)), seconds)::bigint AS up,
           div(download * extract(epoch FROM least(ended_at, ends) - greatest(started_at, begins)), seconds)::bigint AS down
    FROM span
  )
  SELECT begins::date, CASE WHEN ends < ended_at THEN up ELSE upload - (sum(up) OVER () - up)::bigint END,
         CASE WHEN ends < ended_at THEN down ELSE download - (sum(down) OVER () - down)::bigint END
  FROM part;
END;

-- The values that a marker has on any day of a window. Steps from value to value, however many SIMs have each.
CREATE FUNCTION marker_values(account uuid, marker_key text, first_day date, end_day date) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH RECURSIVE step AS (
    (SELECT value FROM sim_marker WHERE account_id = account AND key = marker_key ORDER BY value LIMIT 1)
    UNION ALL
    SELECT (SELECT m.value FROM sim_marker AS m
            WHERE account_id = account AND key = marker_key AND m.value > step.value ORDER BY m.value LIMIT 1)
    FROM step WHERE step.value IS NOT NULL
  )
  SELECT value FROM step
  WHERE EXISTS (SELECT FROM sim_marker AS m WHERE account_id = account AND key = marker_key AND m.value = step.value
                AND from_day < end_day AND until_day > first_day);
END;

-- The first day of this month.
CREATE FUNCTION month_start() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN date_trunc('month', now() AT TIME ZONE 'UTC')::date;

CREATE VIEW sim_document AS
SELECT *, json_strip_nulls(json_build_object(
  'iccid', iccid, 'self', '/v1/default/sim/' || iccid, 'name', name, 'imsi', imsi, 'msisdn', msisdn, 'eid', eid,
  'carrier', carrier, 'state', state, 'pendingState', pending_state, 'stateReason', state_reason,
  'markers', coalesce((SELECT json_agg(json_build_object('key', m.key, 'value', m.value) ORDER BY m.key)
                       FROM sim_marker AS m
                       WHERE m.account_id = s.account_id AND m.iccid = s.iccid AND m.until_day = 'infinity'), '[]'),
  'dataLimit', CASE WHEN data_limit_bytes IS NOT NULL
                    THEN json_build_object('bytes', data_limit_bytes, 'action', data_limit_action) END,
  'imeiLock', imei_lock,
  'device', CASE WHEN device_id IS NOT NULL
                 THEN json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id) END,
  'createdAt', iso_time(created_at), 'activatedAt', iso_time(activated_at),
  'usage', (SELECT usage_model(coalesce(sum(upload), 0), coalesce(sum(download), 0), month_start())::json
            FROM usage_sim_day AS u
            WHERE u.account_id = s.account_id AND u.iccid = s.iccid
              AND u.day >= month_start() AND u.day < (month_start() + interval '1 month')::date))) AS document
FROM sim AS s;
