CREATE TABLE deployment (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  type text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  -- Of the deployments of a slot a device has the newest that it was told of: one of each app, one project, one OS.
  slot text COLLATE "C" NOT NULL GENERATED ALWAYS AS (CASE type WHEN 'apk' THEN 'apk/' || name ELSE type END) STORED,
  push boolean NOT NULL,
  -- Shares of the group in percent; the last is 100.
  steps int[] NOT NULL,
  soak_minutes int NOT NULL,
  max_failure_percent int NOT NULL,
  state text NOT NULL DEFAULT 'running',
  reason text,
  -- Which of the steps it is in, from 1; 0 before it has begun.
  step int NOT NULL DEFAULT 0,
  step_entered_at timestamptz,
  -- Failures that somebody has seen and gone on after.
  accepted_failures int NOT NULL DEFAULT 0,
  -- What a device gets of it: {apps: [{name, version, sha256, size, url}], config?, ota?}.
  content jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX deployment_of_group ON deployment (account_id, group_name, slot, id);
CREATE INDEX deployment_running ON deployment (id) WHERE state = 'running';

CREATE TABLE deployment_device (
  account_id uuid NOT NULL,
  deployment_id uuid NOT NULL,
  device_id uuid NOT NULL,
  -- Its place in the order of telling; none of who joined later and is told last.
  place int,
  -- waiting, told, succeeded, failed; withdrawn when it left the group, or did not have it when it was canceled.
  state text NOT NULL DEFAULT 'waiting',
  reason text,
  told_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (account_id, deployment_id, device_id),
  FOREIGN KEY (account_id, deployment_id) REFERENCES deployment,
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
) WITH (fillfactor = 80);
CREATE INDEX deployment_of_device ON deployment_device (account_id, device_id, deployment_id);

-- What devices that were told of the same deployments are to have. It never changes: other deployments are another state.
CREATE TABLE desired_state (
  account_id uuid NOT NULL,
  revision text NOT NULL,
  -- For the device.
  document jsonb NOT NULL,
  -- To compare reports with: of each deployment {deployment, apps: [{name, version}], project?, version?, release?}.
  parts jsonb NOT NULL,
  apps jsonb NOT NULL,
  project text,
  project_version text,
  os_release text,
  PRIMARY KEY (account_id, revision)
);

ALTER TABLE device
  -- The revision of its desired state; none while nothing is deployed to it.
  ADD COLUMN desired text,
  -- Whether its status stands for what it reported last: a report that says the same of apps and OS costs nothing more.
  ADD COLUMN is_settled boolean NOT NULL DEFAULT true;

CREATE VIEW deployment_document AS
SELECT account_id, id, group_name, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/deployment/' || id, 'group', group_name, 'type', type, 'name', name, 'version', version,
  'push', push,
  'rollout', json_build_object('steps', steps, 'soakMinutes', soak_minutes, 'maxFailurePercent', max_failure_percent),
  'state', state, 'reason', reason, 'step', step, 'share', CASE step WHEN 0 THEN 0 ELSE steps[step] END,
  'devices', (SELECT json_build_object(
      'waiting', count(*) FILTER (WHERE r.state = 'waiting'), 'told', count(*) FILTER (WHERE r.state = 'told'),
      'succeeded', count(*) FILTER (WHERE r.state = 'succeeded'), 'failed', count(*) FILTER (WHERE r.state = 'failed'))
    FROM deployment_device AS r WHERE r.account_id = d.account_id AND r.deployment_id = d.id),
  'createdAt', iso_time(created_at), 'finishedAt', iso_time(finished_at))) AS document
FROM deployment AS d;

CREATE FUNCTION deployment_devices(deployment uuid) RETURNS TABLE (account_id uuid, device_id uuid, state text, document json)
LANGUAGE sql STABLE AS $$
  SELECT account_id, device_id, state, json_strip_nulls(json_build_object(
    'device', json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id), 'state', state,
    'reason', reason, 'toldAt', iso_time(told_at), 'finishedAt', iso_time(finished_at)))
  FROM deployment_device WHERE deployment_id = deployment AND state <> 'withdrawn'
$$;

-- Writes down what devices that were told of these deployments, in order, are to have. An app that is deployed by itself wins
-- over the one of the project.
CREATE FUNCTION keep_desired_state(account uuid, deployments uuid[]) RETURNS void LANGUAGE sql AS $$
  WITH chosen AS (SELECT * FROM deployment WHERE account_id = account AND id = ANY (deployments)),
  app AS (
    SELECT DISTINCT ON (a ->> 'name') a, c.id FROM chosen AS c CROSS JOIN jsonb_array_elements(c.content -> 'apps') AS a
    ORDER BY a ->> 'name', c.type = 'apk' DESC, c.id DESC),
  wanted AS (
    SELECT c.id, c.type, c.name, c.version, coalesce(jsonb_agg(jsonb_build_object('name', a ->> 'name', 'version', a ->> 'version'))
             FILTER (WHERE a IS NOT NULL), '[]') AS apps
    FROM chosen AS c LEFT JOIN app USING (id) GROUP BY c.id, c.type, c.name, c.version),
  revision AS (SELECT md5(array_to_string(deployments, ' ')) AS revision)
  INSERT INTO desired_state (account_id, revision, document, parts, apps, project, project_version, os_release)
  SELECT account, revision, jsonb_strip_nulls(jsonb_build_object(
           'revision', revision,
           'apps', coalesce((SELECT jsonb_agg(a || jsonb_build_object('deployment', id) ORDER BY a ->> 'name') FROM app), '[]'),
           'config', (SELECT content -> 'config' || jsonb_build_object('deployment', id) FROM chosen WHERE type = 'config'),
           'ota', (SELECT content -> 'ota' || jsonb_build_object('deployment', id) FROM chosen WHERE type = 'ota'))),
         (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('deployment', id, 'apps', apps,
                   'project', CASE type WHEN 'config' THEN name END, 'version', CASE type WHEN 'config' THEN version END,
                   'release', CASE type WHEN 'ota' THEN version END))) FROM wanted),
         coalesce((SELECT jsonb_agg(e) FROM wanted CROSS JOIN jsonb_array_elements(apps) AS e), '[]'),
         (SELECT name FROM chosen WHERE type = 'config'), (SELECT version FROM chosen WHERE type = 'config'),
         (SELECT version FROM chosen WHERE type = 'ota')
  FROM revision
  ON CONFLICT DO NOTHING
$$;

-- Compares what devices reported with what they are to have: their status, and deployments that have thereby succeeded.
CREATE FUNCTION settle(accounts uuid[], devices uuid[]) RETURNS void LANGUAGE sql AS $$
  WITH seen AS MATERIALIZED (
    SELECT d.account_id, d.id, s.revision, s.parts, s.apps, s.project, s.project_version, s.os_release,
           coalesce(('{' || substr(d.apps, 2) || '}')::jsonb -> 'apps', '[]') AS has_apps,
           ('{' || substr(d.os, 2) || '}')::jsonb -> 'os' AS has_os
    FROM unnest(accounts, devices) AS t (account_id, id)
    JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
    LEFT JOIN desired_state AS s ON s.account_id = d.account_id AND s.revision = d.desired),
  judged AS (
    SELECT *, os_release IS NULL OR (has_os -> 'masonOS' ->> 'release' = os_release) IS TRUE AS has_release,
           apps IS NULL OR has_apps @> apps AS has_all_apps,
           project IS NULL OR (has_os -> 'configuration' ->> 'project' = project
                               AND has_os -> 'configuration' ->> 'version' = project_version) IS TRUE AS has_project
    FROM seen),
  settled AS (
    UPDATE device AS d SET os_updated = has_release, apps_updated = has_all_apps, project_updated = has_project, is_settled = true
    FROM judged AS j WHERE d.account_id = j.account_id AND d.id = j.id)
  UPDATE deployment_device AS r SET state = 'succeeded', reason = NULL, finished_at = now()
  FROM judged AS j
  CROSS JOIN jsonb_to_recordset(j.parts) AS p (deployment uuid, apps jsonb, project text, version text, release text)
  WHERE r.account_id = j.account_id AND r.device_id = j.id AND r.deployment_id = p.deployment AND r.state IN ('told', 'failed')
    AND j.has_apps @> p.apps AND (p.project IS NULL OR j.has_project) AND (p.release IS NULL OR j.has_release)
$$;

-- Works out what these devices are to have, from what they were told.
CREATE FUNCTION desire(account uuid, devices uuid[]) RETURNS void LANGUAGE plpgsql AS $$
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
            WHERE r.account_id = account AND r.device_id = t.device_id AND r.state IN ('told', 'succeeded', 'failed')
            ORDER BY d.slot, d.id DESC) AS newest ON true
          GROUP BY t.device_id) AS wishes
    GROUP BY deployments
  LOOP
    IF wish.deployments IS NOT NULL THEN PERFORM keep_desired_state(account, wish.deployments); END IF;
    UPDATE device SET desired = md5(array_to_string(wish.deployments, ' ')) WHERE account_id = account AND id = ANY (wish.members);
  END LOOP;
  PERFORM settle(array_fill(account, ARRAY[cardinality(devices)]), devices);
END $$;

-- A device that comes into a group is told what the group has, and of what is on its way in the last step; what it was told
-- in another group no longer counts.
CREATE FUNCTION join_deployments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  has_left boolean := false;
  has_joined boolean := false;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    UPDATE deployment_device AS r SET state = 'withdrawn' FROM deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id AND r.state <> 'withdrawn'
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.group_name <> NEW.group_name;
    has_left := FOUND;
  END IF;
  INSERT INTO deployment_device AS r (account_id, deployment_id, device_id, state, told_at)
  SELECT account_id, id, NEW.id, CASE WHEN is_everywhere THEN 'told' ELSE 'waiting' END,
         CASE WHEN is_everywhere THEN now() END
  FROM (SELECT *, step = cardinality(steps) AS is_everywhere,
               max(id::text) FILTER (WHERE step = cardinality(steps)) OVER (PARTITION BY slot) AS newest
        FROM deployment
        WHERE account_id = NEW.account_id AND group_name = NEW.group_name AND state IN ('running', 'paused', 'finished')) AS d
  WHERE newest IS NULL OR id::text >= newest
  ON CONFLICT (account_id, deployment_id, device_id) DO UPDATE
    SET state = excluded.state, told_at = excluded.told_at, place = NULL, reason = NULL, finished_at = NULL;
  has_joined := FOUND;
  IF has_left OR has_joined THEN PERFORM desire(NEW.account_id, ARRAY[NEW.id]); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER join_deployments_first AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION join_deployments();
CREATE TRIGGER join_deployments AFTER UPDATE OF group_name ON device FOR EACH ROW
WHEN (OLD.group_name <> NEW.group_name) EXECUTE FUNCTION join_deployments();

-- A group that is made anew under an old name has nothing of the old one.
CREATE FUNCTION forget_deployments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE deployment SET state = 'canceled', reason = 'group_deleted', finished_at = coalesce(finished_at, now())
  WHERE account_id = OLD.account_id AND group_name = OLD.name AND state <> 'canceled';
  RETURN NULL;
END $$;
CREATE TRIGGER forget_deployments AFTER DELETE ON device_group FOR EACH ROW EXECUTE FUNCTION forget_deployments();
