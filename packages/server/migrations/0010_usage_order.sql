-- What arrives together lies together: records come for all SIMs of a day, so a day's entries share pages that stay in memory,
-- however many SIMs and days there are.
ALTER TABLE usage_sim_day DROP CONSTRAINT usage_sim_day_pkey, ADD PRIMARY KEY (account_id, day, iccid);

-- The months of the same days, for lists of SIMs: one row in place of up to 31 that lie far apart.
CREATE TABLE usage_sim_month (
  account_id uuid NOT NULL,
  month date NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  PRIMARY KEY (account_id, month, iccid)
) WITH (fillfactor = 85);
INSERT INTO usage_sim_month
SELECT account_id, date_trunc('month', day)::date AS month, iccid, sum(upload), sum(download)
FROM usage_sim_day GROUP BY account_id, month, iccid;

-- Records are known by hashes of 64 bits of ICCID and id: half as wide as the texts, and what has the same ones is compared
-- with the texts. An index of each period, for no column of it is the period.
ALTER TABLE usage_record DROP CONSTRAINT usage_record_pkey;
CREATE FUNCTION index_usage_period(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE UNIQUE INDEX ON %I (account_id, hashtextextended(iccid, 0), hashtextextended(id, 0))', name);
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
-- size. While it lasts, markers stay as they are and the period goes on.
CREATE FUNCTION usage_begin(account_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
          set_config('enable_mergejoin', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);
  PERFORM pg_advisory_xact_lock_shared(usage_lock(account_id));
  LOCK TABLE usage_record IN ROW EXCLUSIVE MODE;
END $$;

-- Ingest passes SIMs without a limit over: a limit waits for those that are under way and did not see it.
CREATE OR REPLACE FUNCTION judge_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(usage_lock(NEW.account_id));
  INSERT INTO usage_touched (account_id, iccid, day) VALUES (NEW.account_id, NEW.iccid, current_date);
  RETURN NULL;
END $$;

-- The days of a window on which an account used something.
CREATE FUNCTION usage_days(account uuid, first_day date, end_day date) RETURNS SETOF date LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT DISTINCT day FROM usage_sum_part
  WHERE account_id = account AND key = '' AND value = '' AND day >= first_day AND day < end_day;
END;

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
    SELECT account, m.key, m.value, d.day, sum(m.sign * d.upload), sum(m.sign * d.download)
    FROM (SELECT -1 AS sign, * FROM unnest(gone) UNION ALL SELECT 1, * FROM unnest(come)) AS m
    CROSS JOIN LATERAL usage_days(account, m.from_day, m.until_day) AS days (day)
    CROSS JOIN LATERAL (SELECT day, upload, download FROM usage_sim_day AS d
                        WHERE d.account_id = account AND d.day = days.day AND d.iccid = m.iccid
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
  'usage', (SELECT usage_model(coalesce(sum(upload), 0), coalesce(sum(download), 0), month_start())::json
            FROM usage_sim_month AS u
            WHERE u.account_id = s.account_id AND u.month = month_start() AND u.iccid = s.iccid))) AS document
FROM sim AS s;
