-- Ingest holds this lock shared while it counts by markers, a change of markers alone while it counts anew.
CREATE OR REPLACE FUNCTION usage_lock(account_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('usage ' || account_id, 0);

-- What an ingest begins with. Plans are made once, when tables may still be small: look-ups by key are the right way at any
-- size. While it lasts, markers stay as they are and so does the period, which is returned.
CREATE OR REPLACE FUNCTION usage_begin(account_id uuid) RETURNS usage_period LANGUAGE plpgsql AS $$
DECLARE
  current usage_period;
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
          set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);
  PERFORM pg_advisory_xact_lock_shared(usage_lock(account_id));
  LOCK TABLE usage_record IN ROW EXCLUSIVE MODE;
  SELECT * INTO current FROM usage_period;
  RETURN current;
END $$;

CREATE OR REPLACE FUNCTION index_usage_period(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE UNIQUE INDEX ON %I (account_id, usage_sim_key(iccid), usage_record_key(iccid, id))', name);
END $$;

-- A month in which one day has some bytes.
CREATE OR REPLACE FUNCTION usage_month(place int, bytes bigint) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_fill(0::bigint, ARRAY[place - 1]) || bytes || array_fill(0::bigint, ARRAY[31 - place]);

-- The sum of a month: no function of PostgreSQL adds up an array as fast.
CREATE OR REPLACE FUNCTION usage_total(days bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN days[1] + days[2] + days[3] + days[4] + days[5] + days[6] + days[7] + days[8] + days[9] + days[10] + days[11] +
       days[12] + days[13] + days[14] + days[15] + days[16] + days[17] + days[18] + days[19] + days[20] + days[21] +
       days[22] + days[23] + days[24] + days[25] + days[26] + days[27] + days[28] + days[29] + days[30] + days[31];

-- The days on which SIMs used something, found by their months alone.
CREATE OR REPLACE VIEW usage_sim_day AS
SELECT account_id, iccid, month, month + place::int - 1 AS day, d.upload, d.download
FROM usage_sim_month AS m, unnest(m.upload, m.download) WITH ORDINALITY AS d (upload, download, place)
WHERE d.upload > 0 OR d.download > 0;

-- Those of one SIM, in as many look-ups as there are months.
CREATE OR REPLACE FUNCTION usage_of_sim(account uuid, sim text, first_day date, end_day date)
RETURNS TABLE (day date, upload bigint, download bigint) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT d.day, d.upload, d.download
  FROM generate_series(date_trunc('month', first_day::timestamp), end_day - 1, interval '1 month') AS months (month)
  CROSS JOIN LATERAL (
    SELECT u.day, u.upload, u.download FROM usage_sim_day AS u
    WHERE u.account_id = account AND u.month = months.month::date AND u.iccid = sim
      AND u.day >= first_day AND u.day < end_day OFFSET 0) AS d;
END;

-- What each source says of the days of SIMs: its figure, or else what it has sent in records.
CREATE OR REPLACE VIEW usage_source_day AS
SELECT account_id, iccid, month, source, month + place::int - 1 AS day,
       coalesce(d.upload, d.sent_upload) AS upload, coalesce(d.download, d.sent_download) AS download
FROM usage_source_month AS m,
     unnest(m.upload, m.download, m.sent_upload, m.sent_download)
       WITH ORDINALITY AS d (upload, download, sent_upload, sent_download, place)
WHERE d.upload IS NOT NULL OR d.sent_upload IS NOT NULL;

-- The sum of two numbers of which each may be missing.
CREATE OR REPLACE FUNCTION usage_either(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN a IS NULL THEN b WHEN b IS NULL THEN a ELSE a + b END;

CREATE OR REPLACE FUNCTION usage_either_days(a bigint[], b bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT array_agg(usage_either(x, y) ORDER BY place) FROM unnest(a, b) WITH ORDINALITY AS u (x, y, place));

CREATE OR REPLACE VIEW usage_sum_part AS
SELECT account_id, key, value, day, upload, download FROM usage_sum
UNION ALL
SELECT account_id, key, value, day, upload, download FROM usage_sum_difference;

-- For what compares with allowances, which are far smaller than where these stop growing.
CREATE OR REPLACE VIEW usage_account_day AS
SELECT account_id, day, least(sum(upload), 4611686018427387903)::bigint AS upload,
       least(sum(download), 4611686018427387903)::bigint AS download
FROM usage_sum_part WHERE key = '' AND value = '' GROUP BY account_id, day;

-- Moves what SIMs have used on the days of a change from the values that go to those that come. A trigger, so that no
-- change of markers can forget it.
CREATE OR REPLACE FUNCTION recount_markers() RETURNS trigger LANGUAGE plpgsql AS $$
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
    INSERT INTO usage_sum_difference
    WITH used AS MATERIALIZED (
      SELECT DISTINCT date_trunc('month', day)::date AS month FROM usage_sum_part
      WHERE account_id = account AND key = '' AND value = '')
    SELECT account, m.key, m.value, d.day, sum(m.sign * d.upload), sum(m.sign * d.download)
    FROM (SELECT -1 AS sign, * FROM unnest(gone) UNION ALL SELECT 1, * FROM unnest(come)) AS m
    JOIN used ON month > m.from_day - 31 AND month < m.until_day
    CROSS JOIN LATERAL (SELECT day, upload, download FROM usage_sim_day AS d
                        WHERE d.account_id = account AND d.month = used.month AND d.iccid = m.iccid
                          AND day >= m.from_day AND day < m.until_day
                        OFFSET 0) AS d
    WHERE m.account_id = account
    GROUP BY 2, 3, 4 HAVING sum(m.sign * d.upload) <> 0 OR sum(m.sign * d.download) <> 0;
  END LOOP;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER recount_added AFTER INSERT ON sim_marker REFERENCING NEW TABLE AS new_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
COMMENT ON TRIGGER recount_added ON sim_marker IS
'A marker that is added to a SIM has the usage of the days that it covers.';

CREATE OR REPLACE TRIGGER recount_changed AFTER UPDATE ON sim_marker REFERENCING OLD TABLE AS old_marker NEW TABLE AS new_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
COMMENT ON TRIGGER recount_changed ON sim_marker IS
'Usage moves from the old value of a marker to the new one on the days that the change covers.';

CREATE OR REPLACE TRIGGER recount_removed AFTER DELETE ON sim_marker REFERENCING OLD TABLE AS old_marker
FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
COMMENT ON TRIGGER recount_removed ON sim_marker IS 'A marker that is removed from a SIM no longer has its usage.';

-- The values that a marker has on any day of a window. Steps from value to value, however many SIMs have each.
CREATE OR REPLACE FUNCTION marker_values(account uuid, marker_key text, first_day date, end_day date) RETURNS SETOF text
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

-- The contract's usage element. Sums are exact however large.
CREATE OR REPLACE FUNCTION usage_model(upload numeric, download numeric, day date) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN '{"total":' || upload + download || ',"unit":"bytes","upload":' || upload ||
       ',"date":"' || to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z","download":' || download || '}';
