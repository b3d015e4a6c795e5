-- What SIMs have used, a row a month with a place for each of 31 days. Months of SIMs are near each other: a page of SIMs and
-- the series of one are few places, and a batch of records changes each SIM of it once. A file of all SIMs changes every row of
-- a page in one transaction: half of it is free for that.
CREATE TABLE usage_sim_month (
  account_id uuid NOT NULL,
  month date NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  upload bigint[] NOT NULL CHECK (cardinality(upload) = 31),
  download bigint[] NOT NULL CHECK (cardinality(download) = 31),
  PRIMARY KEY (account_id, month, iccid)
) WITH (fillfactor = 50);
ALTER TABLE usage_sim_day RENAME TO usage_sim_day_old;
INSERT INTO usage_sim_month
SELECT m.account_id, month, m.iccid,
       array_agg(coalesce(upload, 0) ORDER BY place), array_agg(coalesce(download, 0) ORDER BY place)
FROM (SELECT DISTINCT account_id, date_trunc('month', day)::date AS month, iccid FROM usage_sim_day_old) AS m
CROSS JOIN generate_series(1, 31) AS place
LEFT JOIN usage_sim_day_old AS d
  ON d.account_id = m.account_id AND d.iccid = m.iccid AND d.day = month + place - 1 AND date_trunc('month', d.day) = month
GROUP BY m.account_id, month, m.iccid;

-- A month in which one day has some bytes.
CREATE FUNCTION usage_month(place int, bytes bigint) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_fill(0::bigint, ARRAY[place - 1]) || bytes || array_fill(0::bigint, ARRAY[31 - place]);

-- The sum of a month: no function of PostgreSQL adds up an array as fast.
CREATE FUNCTION usage_total(days bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN days[1] + days[2] + days[3] + days[4] + days[5] + days[6] + days[7] + days[8] + days[9] + days[10] + days[11] +
       days[12] + days[13] + days[14] + days[15] + days[16] + days[17] + days[18] + days[19] + days[20] + days[21] +
       days[22] + days[23] + days[24] + days[25] + days[26] + days[27] + days[28] + days[29] + days[30] + days[31];

-- The days on which SIMs used something, found by their months alone.
CREATE VIEW usage_sim_day AS
SELECT account_id, iccid, month, month + place::int - 1 AS day, d.upload, d.download
FROM usage_sim_month AS m, unnest(m.upload, m.download) WITH ORDINALITY AS d (upload, download, place)
WHERE d.upload > 0 OR d.download > 0;

-- Those of one SIM, in as many look-ups as there are months.
CREATE FUNCTION usage_of_sim(account uuid, sim text, first_day date, end_day date)
RETURNS TABLE (day date, upload bigint, download bigint) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT d.day, d.upload, d.download
  FROM generate_series(date_trunc('month', first_day::timestamp), end_day - 1, interval '1 month') AS months (month)
  CROSS JOIN LATERAL (
    SELECT u.day, u.upload, u.download FROM usage_sim_day AS u
    WHERE u.account_id = account AND u.month = months.month::date AND u.iccid = sim
      AND u.day >= first_day AND u.day < end_day OFFSET 0) AS d;
END;

-- Records are known by two numbers, half as wide as ICCID and id and faster to compare: the end of the ICCID, so that records in
-- the order of SIMs meet pages in their order, and a hash of both. What has the same numbers is compared with the texts. An
-- index of each period, for no column of it is the period.
CREATE FUNCTION usage_sim_key(iccid text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN right(iccid, 18)::bigint;
CREATE FUNCTION usage_record_key(iccid text, id text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(id, hashtextextended(iccid, 0));
ALTER TABLE usage_record DROP CONSTRAINT usage_record_pkey;
CREATE FUNCTION index_usage_period(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE UNIQUE INDEX ON %I (account_id, usage_sim_key(iccid), usage_record_key(iccid, id))', name);
END $$;
SELECT index_usage_period(relid::text) FROM pg_partition_tree('usage_record') WHERE isleaf;

-- Whether records of an earlier period are kept, which have to be looked into.
ALTER TABLE usage_period ADD has_older boolean NOT NULL DEFAULT false;
UPDATE usage_period SET has_older = (SELECT count(*) > 1 FROM pg_inherits WHERE inhparent = 'usage_record'::regclass);

-- Ingest finds the values of a SIM's markers in the index alone.
ALTER TABLE sim_marker DROP CONSTRAINT sim_marker_pkey,
  ADD PRIMARY KEY (account_id, iccid, key, from_day) INCLUDE (value, until_day);

-- Days of SIMs that could be an anomaly and were not looked at yet; usage_touched has those of SIMs with a limit alone.
CREATE TABLE usage_large_day (LIKE usage_touched);
CREATE INDEX sim_with_limit ON sim (account_id, iccid) WHERE data_limit_bytes IS NOT NULL;

-- What an ingest begins with. Plans are made once, when tables may still be small: look-ups by key are the right way at any
-- size. While it lasts, markers stay as they are and so does the period, which is returned.
CREATE FUNCTION usage_begin(account_id uuid) RETURNS usage_period LANGUAGE plpgsql AS $$
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

-- Ingest passes SIMs without a limit over: a limit waits for those that are under way and did not see it.
CREATE OR REPLACE FUNCTION judge_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(usage_lock(NEW.account_id));
  INSERT INTO usage_touched (account_id, iccid, day) VALUES (NEW.account_id, NEW.iccid, current_date);
  RETURN NULL;
END $$;

-- Ingest splits records itself.
DROP FUNCTION usage_parts;

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

CREATE OR REPLACE VIEW sim_document AS
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
  'usage', (SELECT usage_model(coalesce(sum(usage_total(upload)), 0), coalesce(sum(usage_total(download)), 0), month_start())::json
            FROM usage_sim_month AS u
            WHERE u.account_id = s.account_id AND u.month = month_start() AND u.iccid = s.iccid))) AS document
FROM sim AS s;

DROP TABLE usage_sim_day_old;
