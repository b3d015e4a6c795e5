CREATE OR REPLACE VIEW subscription_history_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'changedAt', iso_time(changed_at), 'actor', actor, 'type', type, 'value', value, 'perDevice', per_device,
  'target', target, 'thresholds', thresholds)) AS document
FROM subscription_change;

-- What holds for every account, with its allowance in bytes a month; a pool that follows the fleet stays within 2^53 too.
CREATE OR REPLACE VIEW subscription_setting AS
SELECT a.id AS account_id, coalesce(c.type, 'device_data_pool') AS type, c.per_device,
       coalesce(c.thresholds, '{50,80,100}') AS thresholds,
       coalesce(c.value, c.target,
                least(coalesce(c.per_device, 500000000) * coalesce(devices.value, 0)::numeric, 9007199254740991)::bigint)
         AS allowance
FROM account AS a
LEFT JOIN subscription AS s ON s.account_id = a.id
LEFT JOIN subscription_change AS c ON c.account_id = s.account_id AND c.id = s.change_id
LEFT JOIN LATERAL (SELECT value FROM counter_total AS t WHERE t.account_id = a.id AND t.kind = 'devices' AND t.key = '' OFFSET 0)
  AS devices ON true;

CREATE OR REPLACE VIEW subscription_document AS
SELECT account_id, json_strip_nulls(json_build_object(
  'accountID', account_id, 'type', type,
  'typeSpecific', CASE type WHEN 'pay_as_you_go' THEN json_build_object('target', allowance)
                            ELSE json_build_object('value', allowance, 'perDevice', per_device) END,
  'thresholds', nullif(thresholds, '{50,80,100}'))) AS document
FROM subscription_setting;
