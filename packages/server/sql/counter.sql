CREATE OR REPLACE VIEW counter_total AS
SELECT account_id, kind, key, sum(value)::bigint AS value
FROM (SELECT account_id, kind, key, value FROM counter
      UNION ALL SELECT account_id, kind, key, value FROM counter_difference) AS both_parts
GROUP BY account_id, kind, key;
