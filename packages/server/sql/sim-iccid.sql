-- 18 digits are the card of the 19 that add the Luhn check digit.
CREATE OR REPLACE FUNCTION card_of(iccid text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN iccid || (SELECT (10 - sum(digit / 10 + digit % 10) % 10) % 10
                 FROM (SELECT substr(iccid, ordinal, 1)::int * (2 - ordinal % 2) AS digit
                       FROM generate_series(1, 18) AS ordinal) AS doubled);

-- Gives a card the one form of its ICCID. Where both forms were registered, the SIM with the check digit stays and takes over
-- what the other has used, and the markers that it does not have. For example, `unify_card(account, '894450000000000123')`:
--   sim          894450000000000123 becomes 8944500000000001236, with its state, limit, and device
--   device       iccids {894450000000000123} becomes {8944500000000001236}
--   usage        3 MB on May 1 under the old form and 4 MB under the new one become 7 MB under the new one
--   marker       site=Oslo of the old form is kept if the new form has no marker `site`; May 1 then counts for Oslo
CREATE OR REPLACE FUNCTION unify_card(account uuid, old text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  new text := card_of(old);
  renamed jsonb := jsonb_build_object('iccid', new);
  card sim;
  markers sim_marker[];
  limits sim_over_limit[];
  days device_usage_day[];
BEGIN
  PERFORM pg_advisory_xact_lock(sim_lock(account)), pg_advisory_xact_lock(usage_lock(account));
  SELECT * INTO card FROM sim WHERE account_id = account AND iccid = old FOR UPDATE;
  IF NOT FOUND THEN
    UPDATE device SET iccids = array_replace(iccids, old, new) WHERE account_id = account AND iccids @> ARRAY[old];
    RETURN;
  END IF;
  -- Triggers take what it has used out of the sums of its markers, and add it again under the markers that come back.
  WITH gone AS (DELETE FROM sim_marker WHERE account_id = account AND iccid = old RETURNING *)
  SELECT array_agg(jsonb_populate_record(gone, renamed)) INTO markers FROM gone;
  WITH gone AS (DELETE FROM sim_over_limit WHERE account_id = account AND iccid = old RETURNING *)
  SELECT array_agg(jsonb_populate_record(gone, renamed)) INTO limits FROM gone;
  WITH gone AS (DELETE FROM device_usage_day WHERE account_id = account AND iccid = old RETURNING *)
  SELECT array_agg(jsonb_populate_record(gone, renamed)) INTO days FROM gone;
  INSERT INTO usage_sum_difference
  SELECT account, m.key, m.value, d.day, sum(d.upload), sum(d.download)
  FROM sim_marker AS m JOIN usage_sim_day AS d ON d.account_id = account AND d.iccid = old
    AND d.day >= m.from_day AND d.day < m.until_day
  WHERE m.account_id = account AND m.iccid = new GROUP BY m.key, m.value, d.day;
  INSERT INTO usage_sim_month AS m
  SELECT account_id, month, new, upload, download FROM usage_sim_month WHERE account_id = account AND iccid = old
  ON CONFLICT (account_id, month, iccid) DO UPDATE
  SET upload = (SELECT array_agg(a + b ORDER BY ordinal) FROM unnest(m.upload, excluded.upload) WITH ORDINALITY AS u (a, b, ordinal)),
      download = (SELECT array_agg(a + b ORDER BY ordinal) FROM unnest(m.download, excluded.download) WITH ORDINALITY AS u (a, b, ordinal));
  DELETE FROM usage_sim_month WHERE account_id = account AND iccid = old;
  INSERT INTO usage_source_month AS m
  SELECT account_id, month, new, source, upload, download, sent_upload, sent_download
  FROM usage_source_month WHERE account_id = account AND iccid = old
  ON CONFLICT (account_id, month, iccid, source) DO UPDATE
  SET upload = usage_either_days(m.upload, excluded.upload), download = usage_either_days(m.download, excluded.download),
      sent_upload = usage_either_days(m.sent_upload, excluded.sent_upload),
      sent_download = usage_either_days(m.sent_download, excluded.sent_download);
  DELETE FROM usage_source_month WHERE account_id = account AND iccid = old;
  -- A record that came under both forms was counted twice and stays so.
  DELETE FROM usage_record AS r
  WHERE account_id = account AND usage_sim_key(iccid) = usage_sim_key(old) AND iccid = old
    AND EXISTS (SELECT FROM usage_record AS n WHERE n.account_id = account AND usage_sim_key(n.iccid) = usage_sim_key(new)
                AND usage_record_key(n.iccid, n.id) = usage_record_key(new, r.id) AND n.iccid = new AND n.id = r.id);
  UPDATE usage_record SET iccid = new
  WHERE account_id = account AND usage_sim_key(iccid) = usage_sim_key(old) AND iccid = old;
  UPDATE usage_touched SET iccid = new WHERE account_id = account AND iccid = old;
  UPDATE usage_large_day SET iccid = new WHERE account_id = account AND iccid = old;
  DELETE FROM sim_at_carrier AS a WHERE account_id = account AND iccid = old
    AND EXISTS (SELECT FROM sim_at_carrier AS n WHERE n.account_id = account AND n.iccid = new);
  UPDATE sim_at_carrier SET iccid = new WHERE account_id = account AND iccid = old;
  DELETE FROM sim_setting AS t WHERE account_id = account AND iccid = old
    AND EXISTS (SELECT FROM sim_setting AS n WHERE n.account_id = account AND n.iccid = new AND n.setting = t.setting);
  UPDATE sim_setting SET iccid = new WHERE account_id = account AND iccid = old;
  DELETE FROM sim_day_bound WHERE account_id = account AND iccid IN (old, new);
  DELETE FROM sim WHERE account_id = account AND iccid = old;
  UPDATE device SET iccids = array_replace(iccids, old, new) WHERE account_id = account AND iccids @> ARRAY[old];
  INSERT INTO sim SELECT (jsonb_populate_record(card, renamed)).* ON CONFLICT (account_id, iccid) DO NOTHING;
  INSERT INTO sim_marker SELECT m.* FROM unnest(markers) AS m
  WHERE NOT EXISTS (SELECT FROM sim_marker AS n WHERE n.account_id = account AND n.iccid = new AND n.key = m.key);
  INSERT INTO sim_over_limit SELECT l.* FROM unnest(limits) AS l ON CONFLICT DO NOTHING;
  INSERT INTO device_usage_day AS d SELECT u.* FROM unnest(days) AS u
  ON CONFLICT (account_id, iccid, day) DO UPDATE SET upload = d.upload + excluded.upload, download = d.download + excluded.download;
END $$;

-- One portion. Returns how many cards it has renamed.
CREATE OR REPLACE FUNCTION unify_cards(most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  card card_to_unify;
  done int := 0;
BEGIN
  FOR card IN SELECT * FROM card_to_unify ORDER BY account_id, iccid LIMIT most FOR UPDATE LOOP
    PERFORM unify_card(card.account_id, card.iccid);
    DELETE FROM card_to_unify WHERE account_id = card.account_id AND iccid = card.iccid;
    done := done + 1;
  END LOOP;
  RETURN done;
END $$;
