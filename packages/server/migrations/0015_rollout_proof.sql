-- A step of a roll-out passes by what its devices proved, and the counts of a deployment are kept.

ALTER TABLE deployment
  ADD COLUMN min_success_percent int NOT NULL DEFAULT 50,
  -- None for a deployment without a roll-out: it waits for its devices without a limit.
  ADD COLUMN step_timeout_minutes int,
  -- Whether its last step has passed: from then on it only waits.
  ADD COLUMN has_passed boolean NOT NULL DEFAULT false,
  -- Counts how often somebody resumed it: failures of earlier periods are accepted.
  ADD COLUMN period int NOT NULL DEFAULT 1,
  -- Devices that it is for, but that have no row yet.
  ADD COLUMN unplaced int NOT NULL DEFAULT 0;
COMMENT ON COLUMN deployment.step_entered_at IS 'Since when the step has been waiting: its beginning, or the last time that somebody resumed it';

ALTER TABLE deployment_device
  -- The step in which it was told.
  ADD COLUMN step int,
  -- The period in which it failed.
  ADD COLUMN period int,
  -- It left the group after the deployment had been canceled: its row is history.
  ADD COLUMN has_left boolean NOT NULL DEFAULT false;

-- Those under way have a whole step's time from now on.
UPDATE deployment SET step_timeout_minutes = 1440, step_entered_at = CASE WHEN step > 0 THEN now() END WHERE steps <> '{100}';
UPDATE deployment_device AS r SET step = d.step, period = CASE WHEN r.state = 'failed' AND d.accepted_failures = 0 THEN 1 ELSE 0 END
FROM deployment AS d
WHERE d.account_id = r.account_id AND d.id = r.deployment_id AND r.state IN ('told', 'succeeded', 'failed');
DELETE FROM deployment_device WHERE state = 'withdrawn';

ALTER TABLE deployment DROP COLUMN accepted_failures;

-- For the last success of a step.
CREATE INDEX deployment_success ON deployment_device (account_id, deployment_id, step, finished_at) WHERE state = 'succeeded';

CREATE FUNCTION deployment_counter(deployment_id uuid, step int, state text, period int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN deployment_id || '/' || coalesce(step, 0) || '/' || state || CASE state WHEN 'failed' THEN '/' || coalesce(period, 0) ELSE '' END;

INSERT INTO counter (account_id, kind, key, value)
SELECT account_id, 'deployment', deployment_counter(deployment_id, step, state, period), count(*) FROM deployment_device GROUP BY 1, 2, 3;

CREATE FUNCTION count_deployment_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, state, period) AS key, count(*)
    FROM now_there GROUP BY account_id, key;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, state, period) AS key, -count(*)
    FROM was_there GROUP BY account_id, key;
  ELSE
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, state, period) AS key, sum(difference)
    FROM (SELECT account_id, deployment_id, step, state, period, 1 AS difference FROM now_there
          UNION ALL SELECT account_id, deployment_id, step, state, period, -1 FROM was_there) AS change
    GROUP BY account_id, key HAVING sum(difference) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_told AFTER INSERT ON deployment_device
  REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
CREATE TRIGGER recount_told AFTER UPDATE ON deployment_device
  REFERENCING NEW TABLE AS now_there OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
CREATE TRIGGER discount_told AFTER DELETE ON deployment_device
  REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();

-- How many devices of a deployment are in a state, by the step in which they were told and the period in which they failed.
CREATE FUNCTION deployment_counts(account uuid, deployment uuid) RETURNS TABLE (step int, state text, period int, devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT split_part(key, '/', 2)::int, split_part(key, '/', 3), nullif(split_part(key, '/', 4), '')::int, value
  FROM counter_total
  WHERE account_id = account AND kind = 'deployment' AND key >= deployment || '/' AND key < deployment || '0'
$$;

CREATE OR REPLACE VIEW deployment_document AS
SELECT account_id, id, group_name, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/deployment/' || id, 'group', group_name, 'type', type, 'name', name, 'version', version,
  'push', push,
  'rollout', json_build_object('steps', steps, 'soakMinutes', soak_minutes, 'maxFailurePercent', max_failure_percent,
    'minSuccessPercent', min_success_percent, 'stepTimeoutMinutes', step_timeout_minutes),
  'state', state, 'reason', reason,
  'warning', CASE WHEN type = 'ota' AND NOT content -> 'ota' ? 'sha256'
    THEN 'No ' || name || ' ' || version || ' is registered: devices are given the version alone' END,
  'step', step, 'share', CASE step WHEN 0 THEN 0 ELSE steps[step] END,
  'devices', (SELECT json_build_object(
      'waiting', unplaced + coalesce(sum(c.devices) FILTER (WHERE c.state = 'waiting'), 0),
      'told', coalesce(sum(c.devices) FILTER (WHERE c.state = 'told'), 0),
      'succeeded', coalesce(sum(c.devices) FILTER (WHERE c.state = 'succeeded'), 0),
      'failed', coalesce(sum(c.devices) FILTER (WHERE c.state = 'failed'), 0))
    FROM deployment_counts(d.account_id, d.id) AS c),
  'createdAt', iso_time(created_at), 'finishedAt', iso_time(finished_at))) AS document
FROM deployment AS d;

CREATE OR REPLACE FUNCTION deployment_devices(deployment uuid) RETURNS TABLE (account_id uuid, device_id uuid, state text, document json)
LANGUAGE sql STABLE AS $$
  SELECT account_id, device_id, state, json_strip_nulls(json_build_object(
    'device', json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id), 'state', state,
    'reason', reason, 'toldAt', iso_time(told_at), 'finishedAt', iso_time(finished_at)))
  FROM deployment_device WHERE deployment_id = deployment
$$;

-- Works out what these devices are to have, from what they were told. A canceled deployment is left to who has it; one that gave
-- way to a newer one, to who was told of it, until told of the newer one.
CREATE OR REPLACE FUNCTION desire(account uuid, devices uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wish record;
BEGIN
  -- Another deployment that tells the same devices is waited for, and then seen.
  PERFORM FROM device WHERE account_id = account AND id = ANY (devices) ORDER BY id FOR NO KEY UPDATE;
  FOR wish IN
    SELECT deployments, array_agg(device_id) AS members
    FROM (SELECT t.device_id, array_agg(newest.id ORDER BY newest.id) FILTER (WHERE newest.id IS NOT NULL) AS deployments
          FROM unnest(devices) AS t (device_id)
          LEFT JOIN LATERAL (
            SELECT DISTINCT ON (d.slot) d.id FROM deployment_device AS r
            JOIN deployment AS d ON d.account_id = r.account_id AND d.id = r.deployment_id
            WHERE r.account_id = account AND r.device_id = t.device_id AND r.state <> 'waiting' AND NOT r.has_left
              AND (d.state <> 'canceled' OR d.reason = 'superseded' OR r.state = 'succeeded')
            ORDER BY d.slot, d.id DESC) AS newest ON true
          GROUP BY t.device_id) AS wishes
    GROUP BY deployments
  LOOP
    IF wish.deployments IS NOT NULL THEN PERFORM keep_desired_state(account, wish.deployments); END IF;
    UPDATE device SET desired = md5(array_to_string(wish.deployments, ' ')) WHERE account_id = account AND id = ANY (wish.members);
  END LOOP;
  PERFORM settle(array_fill(account, ARRAY[cardinality(devices)]), devices);
END $$;

-- A device that comes into a group is told what the group has, and of what is on its way in the last step; a paused deployment
-- tells nobody. What it was told in another group no longer counts, except in the history of what was canceled.
CREATE OR REPLACE FUNCTION join_deployments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  has_left_some boolean := false;
  has_joined boolean := false;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM deployment_device AS r USING deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.group_name <> NEW.group_name AND d.state <> 'canceled';
    has_left_some := FOUND;
    UPDATE deployment_device AS r SET has_left = true FROM deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id AND NOT r.has_left
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.group_name <> NEW.group_name;
    has_left_some := has_left_some OR FOUND;
  END IF;
  INSERT INTO deployment_device (account_id, deployment_id, device_id, state, step, told_at)
  SELECT account_id, id, NEW.id, CASE WHEN is_everywhere THEN 'told' ELSE 'waiting' END,
         CASE WHEN is_everywhere THEN step END, CASE WHEN is_everywhere THEN now() END
  FROM (SELECT *, max(id::text) FILTER (WHERE is_everywhere) OVER (PARTITION BY slot) AS newest
        FROM (SELECT *, step = cardinality(steps) AND state <> 'paused' AS is_everywhere FROM deployment
              WHERE account_id = NEW.account_id AND group_name = NEW.group_name
                AND state IN ('running', 'paused', 'finished')) AS live) AS d
  WHERE newest IS NULL OR id::text >= newest
  ON CONFLICT DO NOTHING;
  has_joined := FOUND;
  IF has_left_some OR has_joined THEN PERFORM desire(NEW.account_id, ARRAY[NEW.id]); END IF;
  RETURN NULL;
END $$;
