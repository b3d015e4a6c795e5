CREATE TABLE subscription_change (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  actor jsonb NOT NULL,
  type text NOT NULL,
  value bigint,
  per_device bigint,
  target bigint,
  thresholds int[] NOT NULL,
  PRIMARY KEY (account_id, id)
);

-- Which change holds; an account without one has the default.
CREATE TABLE subscription (
  account_id uuid PRIMARY KEY REFERENCES account,
  change_id uuid NOT NULL,
  FOREIGN KEY (account_id, change_id) REFERENCES subscription_change
);

CREATE VIEW subscription_history_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'changedAt', iso_time(changed_at), 'actor', actor, 'type', type, 'value', value, 'perDevice', per_device,
  'target', target, 'thresholds', thresholds)) AS document
FROM subscription_change;

-- What holds for every account, with its allowance in bytes a month; a pool that follows the fleet stays within 2^53 too.
CREATE VIEW subscription_setting AS
SELECT a.id AS account_id, coalesce(c.type, 'device_data_pool') AS type, c.per_device,
       coalesce(c.thresholds, '{50,80,100}') AS thresholds,
       coalesce(c.value, c.target,
                least(coalesce(c.per_device, 500000000) * coalesce(devices.value, 0)::numeric, 9007199254740991)::bigint)
         AS allowance
FROM account AS a
LEFT JOIN subscription AS s ON s.account_id = a.id
LEFT JOIN subscription_change AS c ON c.account_id = s.account_id AND c.id = s.change_id
LEFT JOIN LATERAL (SELECT value FROM counter_total AS t WHERE t.account_id = a.id AND t.kind = 'devices' AND t.key = '')
  AS devices ON true;

CREATE VIEW subscription_document AS
SELECT account_id, json_strip_nulls(json_build_object(
  'accountID', account_id, 'type', type,
  'typeSpecific', CASE type WHEN 'pay_as_you_go' THEN json_build_object('target', allowance)
                            ELSE json_build_object('value', allowance, 'perDevice', per_device) END,
  'thresholds', nullif(thresholds, '{50,80,100}'))) AS document
FROM subscription_setting;

-- A threshold that a month's usage has crossed: whoever writes the row writes the event.
CREATE TABLE pool_crossing (
  account_id uuid NOT NULL REFERENCES account,
  month date NOT NULL,
  threshold int NOT NULL,
  crossed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, month, threshold)
);

-- A SIM whose month has reached its dataLimit, and the limit that it was: whoever writes that writes the event. The row
-- goes when the limit is raised beyond what was used, so that reaching the new one is told again.
CREATE TABLE sim_over_limit (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  month date NOT NULL,
  bytes bigint NOT NULL,
  action text NOT NULL,
  -- The limit had it suspended, and nobody has decided otherwise since.
  suspended boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, iccid, month),
  FOREIGN KEY (account_id, iccid) REFERENCES sim
);
CREATE INDEX sim_over_limit_suspended ON sim_over_limit (month) WHERE suspended;

-- Up to where the usage of a SIM's day is within its own history, worked out when the day is first looked at; and whether
-- more was seen: whoever writes that writes the event. Kept for the few days that are judged.
CREATE TABLE sim_day_bound (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL,
  median bigint NOT NULL,
  bound bigint NOT NULL,
  is_crossed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, iccid, day)
);
CREATE INDEX sim_day_bound_day ON sim_day_bound (day);

-- A limit that is set, lowered or raised is judged like usage that came.
CREATE FUNCTION judge_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_touched (account_id, iccid, day) VALUES (NEW.account_id, NEW.iccid, current_date);
  RETURN NULL;
END $$;
CREATE TRIGGER judge_limit AFTER UPDATE ON sim FOR EACH ROW
WHEN (OLD.data_limit_bytes IS DISTINCT FROM NEW.data_limit_bytes
      OR OLD.data_limit_action IS DISTINCT FROM NEW.data_limit_action)
EXECUTE FUNCTION judge_limit();
