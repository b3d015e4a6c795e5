CREATE OR REPLACE VIEW deployment_document AS
SELECT account_id, id, group_name, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/deployment/' || id, 'group', group_name, 'view', view_id, 'filter', filter,
  'type', type, 'name', name, 'version', version, 'push', push,
  'rollout', json_build_object('steps', steps, 'soakMinutes', soak_minutes, 'maxFailurePercent', max_failure_percent,
    'minSuccessPercent', min_success_percent, 'stepTimeoutMinutes', step_timeout_minutes),
  'state', state, 'reason', reason,
  'warning', CASE WHEN type = 'ota' AND NOT content -> 'ota' ? 'sha256'
    THEN 'No ' || name || ' ' || version || ' is registered: devices are given the version alone' END,
  'step', step, 'share', CASE step WHEN 0 THEN 0 ELSE steps[step] END,
  'devices', (SELECT json_strip_nulls(json_build_object(
      'waiting', unplaced_devices(d) + coalesce(sum(c.devices) FILTER (WHERE c.state IN ('waiting', 'late')), 0),
      'told', coalesce(sum(c.devices) FILTER (WHERE c.state = 'told'), 0),
      'succeeded', coalesce(sum(c.devices) FILTER (WHERE c.state = 'succeeded'), 0),
      'failed', coalesce(sum(c.devices) FILTER (WHERE c.state = 'failed'), 0),
      'unsupported', sum(c.devices) FILTER (WHERE c.state = 'unsupported')))
    FROM deployment_counts(d.account_id, d.id) AS c),
  'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at), 'finishedAt', iso_time(finished_at),
  'notBefore', iso_time(not_before), 'window', time_window)) AS document
FROM deployment AS d;

-- Devices that a deployment is for, and that have no row yet. It was canceled with those that it had then. How many match a filter
-- is not known before they are found.
CREATE OR REPLACE FUNCTION unplaced_devices(d deployment) RETURNS bigint LANGUAGE sql STABLE
RETURN CASE WHEN d.is_placed OR d.group_name IS NULL THEN 0 WHEN d.state = 'canceled' THEN d.unplaced ELSE
  coalesce((SELECT value FROM counter_total WHERE account_id = d.account_id AND kind = 'group' AND key = d.group_name), 0) -
  coalesce((SELECT sum(devices) FROM deployment_counts(d.account_id, d.id)), 0) END;

CREATE OR REPLACE FUNCTION deployment_counter(deployment_id uuid, step int, state text, period int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN deployment_id || '/' || coalesce(step, 0) || '/' || state || CASE state WHEN 'failed' THEN '/' || coalesce(period, 0) ELSE '' END;

-- Devices that joined later and wait are counted apart: the share of a step is that of the others.
CREATE OR REPLACE FUNCTION counted_state(state text, place int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN state = 'waiting' AND place = 2147483647 THEN 'late' ELSE state END;

-- The key is written once for each count: for each row it would cost 5 µs.
CREATE OR REPLACE FUNCTION count_deployment_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, counted, period), devices
    FROM (SELECT account_id, deployment_id, step, counted_state(state, place) AS counted, period, count(*) AS devices
          FROM now_there GROUP BY account_id, deployment_id, step, counted, period) AS change;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, counted, period), -devices
    FROM (SELECT account_id, deployment_id, step, counted_state(state, place) AS counted, period, count(*) AS devices
          FROM was_there GROUP BY account_id, deployment_id, step, counted, period) AS change;
  ELSE
    INSERT INTO counter_difference
    SELECT account_id, 'deployment', deployment_counter(deployment_id, step, counted, period) AS key, sum(devices)
    FROM (SELECT account_id, deployment_id, step, counted_state(state, place) AS counted, period, count(*) AS devices
          FROM now_there GROUP BY account_id, deployment_id, step, counted, period
          UNION ALL
          SELECT account_id, deployment_id, step, counted_state(state, place), period, -count(*)
          FROM was_there GROUP BY account_id, deployment_id, step, counted_state(state, place), period) AS change
    GROUP BY account_id, key HAVING sum(devices) <> 0;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_told AFTER INSERT ON deployment_device
  REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
COMMENT ON TRIGGER count_told ON deployment_device IS 'The counts of a deployment include the devices that are added to it.';

CREATE OR REPLACE TRIGGER recount_told AFTER UPDATE ON deployment_device
  REFERENCING NEW TABLE AS now_there OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
COMMENT ON TRIGGER recount_told ON deployment_device IS
'The counts of a deployment follow every change of a device''s state.';

CREATE OR REPLACE TRIGGER discount_told AFTER DELETE ON deployment_device
  REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
COMMENT ON TRIGGER discount_told ON deployment_device IS
'The counts of a deployment leave out the devices that are removed from it.';

-- How many devices of a deployment are in a state, by the step in which they were told and the period in which they failed.
CREATE OR REPLACE FUNCTION deployment_counts(account uuid, deployment uuid) RETURNS TABLE (step int, state text, period int, devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT split_part(key, '/', 2)::int, split_part(key, '/', 3), nullif(split_part(key, '/', 4), '')::int, value
  FROM counter_total
  WHERE account_id = account AND kind = 'deployment' AND key >= deployment || '/' AND key < deployment || '0'
$$;

CREATE OR REPLACE FUNCTION deployment_devices(deployment uuid) RETURNS TABLE (account_id uuid, device_id uuid, state text, document json)
LANGUAGE sql STABLE AS $$
  SELECT account_id, device_id, state, json_strip_nulls(json_build_object(
    'device', json_build_object('id', device_id, 'self', '/v1/default/device/' || device_id), 'state', state,
    'reason', reason, 'toldAt', iso_time(told_at), 'finishedAt', iso_time(finished_at)))
  FROM deployment_device WHERE deployment_id = deployment
$$;

-- Writes down what devices that were told of these deployments, in order, are to have. An app that is deployed by itself wins
-- over the one of the project.
CREATE OR REPLACE FUNCTION keep_desired_state(account uuid, deployments uuid[]) RETURNS void LANGUAGE sql AS $$
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

-- A version as it stands in a report, for LIKE. Reports are JSON in one form (fleet/checkin/report.ts): what lacks this text lacks the
-- version, and need not be read as JSON, which costs more than all else that a device is told costs.
CREATE OR REPLACE FUNCTION version_mark(version text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN '%' || regexp_replace(to_json(version)::text, '([\\%_])', '\\\1', 'g') || '%';

-- Compares what devices reported with what they are to have: their status, and deployments that have thereby succeeded. Nothing
-- else writes a status, and whoever calls this has locked the devices. For example, `reconcile_with('{account}', '{device}', '{revision}')`,
-- where the revision has version 7 of an app by a deployment that the device was told of:
--   reported 7 → apps_updated, no row in out_of_date_device, and the device has succeeded in the deployment
--   reported 6 → NOT apps_updated, a row in out_of_date_device, the counter outOfDate one higher, and the device is still told
CREATE OR REPLACE FUNCTION reconcile_with(accounts uuid[], devices uuid[], revisions text[]) RETURNS void LANGUAGE sql AS $$
  WITH wanted AS MATERIALIZED (
    SELECT s.account_id, s.revision, s.apps, s.project, s.project_version, s.os_release,
           ARRAY(SELECT version_mark(a ->> 'version') FROM jsonb_array_elements(s.apps) AS a) AS marks,
           p.deployments, p.part_apps, p.part_marks, p.of_project, p.of_release
    FROM (SELECT DISTINCT account_id, revision FROM unnest(accounts, revisions) AS t (account_id, revision)) AS t
    JOIN desired_state AS s ON s.account_id = t.account_id AND s.revision = t.revision
    CROSS JOIN LATERAL (
      SELECT array_agg(deployment ORDER BY n) AS deployments, array_agg(apps ORDER BY n) AS part_apps,
             array_agg(coalesce(version_mark(apps -> 0 ->> 'version'), '%') ORDER BY n) AS part_marks,
             array_agg(project IS NOT NULL ORDER BY n) AS of_project, array_agg(release IS NOT NULL ORDER BY n) AS of_release
      FROM ROWS FROM (jsonb_to_recordset(s.parts) AS (deployment uuid, apps jsonb, project text, release text))
        WITH ORDINALITY AS part (deployment, apps, project, release, n)) AS p),
  seen AS MATERIALIZED (
    SELECT t.account_id, t.id, t.revision, d.os_updated AND d.apps_updated AND d.project_updated AS was_up_to_date, d.apps AS reported,
           CASE WHEN d.apps LIKE ALL (w.marks) THEN coalesce(('{' || substr(d.apps, 2) || '}')::jsonb -> 'apps', '[]') END AS has_apps,
           CASE WHEN w.os_release IS NOT NULL OR w.project IS NOT NULL THEN ('{' || substr(d.os, 2) || '}')::jsonb -> 'os' END AS has_os,
           w.apps, w.project, w.project_version, w.os_release, w.deployments, w.part_apps, w.part_marks, w.of_project, w.of_release
    FROM unnest(accounts, devices, revisions) AS t (account_id, id, revision)
    JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
    LEFT JOIN wanted AS w ON w.account_id = t.account_id AND w.revision = t.revision),
  judged AS MATERIALIZED (
    SELECT *, has_release AND has_all_apps AND has_project AS is_up_to_date
    FROM (SELECT *, os_release IS NULL OR (has_os -> 'masonOS' ->> 'release' = os_release) IS TRUE AS has_release,
                 apps IS NULL OR (has_apps @> apps) IS TRUE AS has_all_apps,
                 project IS NULL OR (has_os -> 'configuration' ->> 'project' = project
                                     AND has_os -> 'configuration' ->> 'version' = project_version) IS TRUE AS has_project
          FROM seen) AS compared),
  written AS (
    UPDATE device AS d SET desired = revision, os_updated = has_release, apps_updated = has_all_apps, project_updated = has_project,
                           is_settled = true
    FROM judged AS j WHERE d.account_id = j.account_id AND d.id = j.id),
  out_of_date AS (
    INSERT INTO out_of_date_device SELECT account_id, id FROM judged WHERE was_up_to_date AND NOT is_up_to_date),
  up_to_date AS (
    DELETE FROM out_of_date_device AS o USING judged AS j
    WHERE o.account_id = j.account_id AND o.device_id = j.id AND is_up_to_date AND NOT was_up_to_date),
  counted AS (
    INSERT INTO counter_difference
    SELECT account_id, 'outOfDate', '', sum(was_up_to_date::int - is_up_to_date::int)
    FROM judged GROUP BY account_id HAVING sum(was_up_to_date::int - is_up_to_date::int) <> 0),
  proven AS (
    SELECT r.account_id, r.deployment_id, r.device_id
    FROM (SELECT * FROM judged WHERE reported LIKE ANY (part_marks)) AS j
    CROSS JOIN LATERAL (
      SELECT r.*, array_position(j.deployments, r.deployment_id) AS n FROM deployment_device AS r
      WHERE r.account_id = j.account_id AND r.device_id = j.id AND r.state IN ('told', 'failed') OFFSET 0) AS r
    WHERE CASE WHEN r.n IS NULL OR j.reported NOT LIKE j.part_marks[r.n] THEN false
               ELSE coalesce(j.has_apps, ('{' || substr(j.reported, 2) || '}')::jsonb -> 'apps', '[]') @> j.part_apps[r.n] END
      AND (NOT j.of_project[r.n] OR j.has_project) AND (NOT j.of_release[r.n] OR j.has_release))
  UPDATE deployment_device AS r SET state = 'succeeded', reason = NULL, finished_at = now()
  FROM proven AS p
  WHERE r.account_id = p.account_id AND r.deployment_id = p.deployment_id AND r.device_id = p.device_id AND r.state IN ('told', 'failed')
$$;

-- The same for devices that are to have what they were to have before.
CREATE OR REPLACE FUNCTION reconcile(accounts uuid[], devices uuid[]) RETURNS void LANGUAGE sql AS $$
  SELECT reconcile_with(array_agg(d.account_id), array_agg(d.id), array_agg(d.desired))
  FROM unnest(accounts, devices) AS t (account_id, id) JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
$$;

-- Works out what these devices are to have, which are locked, from what they were told. A canceled deployment is left to who has it;
-- one that gave way to a newer one, to who was told of it, until told of the newer one.
CREATE OR REPLACE FUNCTION assign_to_locked(account uuid, devices uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  assignment record;
  members uuid[] := '{}';
  revisions text[] := '{}';
BEGIN
  FOR assignment IN
    SELECT deployments, md5(array_to_string(deployments, ' ')) AS revision, array_agg(device_id) AS members
    FROM (SELECT device_id, array_agg(id ORDER BY id) FILTER (WHERE id IS NOT NULL) AS deployments
          FROM (SELECT DISTINCT ON (t.device_id, d.slot) t.device_id, d.id FROM unnest(devices) AS t (device_id)
                LEFT JOIN LATERAL (
                  SELECT r.deployment_id, r.state FROM deployment_device AS r
                  WHERE r.account_id = account AND r.device_id = t.device_id AND r.state NOT IN ('waiting', 'unsupported') AND NOT r.has_left
                  OFFSET 0) AS r ON true
                LEFT JOIN deployment AS d ON d.account_id = account AND d.id = r.deployment_id
                  AND (d.state <> 'canceled' OR d.reason = 'superseded' OR r.state = 'succeeded')
                ORDER BY t.device_id, d.slot, d.id DESC) AS newest
          GROUP BY device_id) AS assignments
    GROUP BY deployments
  LOOP
    IF NOT EXISTS (SELECT FROM desired_state AS s WHERE s.account_id = account AND s.revision = assignment.revision)
       AND assignment.deployments IS NOT NULL
    THEN PERFORM keep_desired_state(account, assignment.deployments); END IF;
    members := members || assignment.members;
    revisions := revisions || array_fill(assignment.revision, ARRAY[cardinality(assignment.members)]);
  END LOOP;
  PERFORM reconcile_with(array_fill(account, ARRAY[cardinality(members)]), members, revisions);
END $$;

-- The same; another deployment that tells the same devices is waited for, and then seen.
CREATE OR REPLACE FUNCTION assign_deployments(account uuid, devices uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM device WHERE account_id = account AND id = ANY (devices) ORDER BY id FOR NO KEY UPDATE;
  PERFORM assign_to_locked(account, devices);
END $$;

-- A device leaves a group before a portion of its devices is placed, or after it: the portion sees the group as it is. The key
-- share of the group lets a deployment to it begin before or after as well.
CREATE OR REPLACE FUNCTION wait_for_placing(account uuid, left_group text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM device_group WHERE account_id = account AND name = left_group FOR KEY SHARE;
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('roll-out ' || id, 0)) FROM deployment
  WHERE account_id = account AND group_name = left_group AND NOT is_placed AND state <> 'canceled';
END $$;

-- A device that comes into a group is told what the group has, and of what is on its way in the last step; a paused deployment
-- tells nobody. What it was told in another group no longer counts, except in the history of what was canceled. For a device that
-- another agent speaks for from now on, what it could not have is new, and what it cannot have any more goes no further. For example,
-- a device of the kind `headwind` in a group with an OS update becomes `mason-linux`: its row was unsupported, and is told.
CREATE OR REPLACE FUNCTION join_deployments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  has_left_some boolean := false;
  has_joined boolean := false;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.group_name <> NEW.group_name THEN
    PERFORM wait_for_placing(OLD.account_id, OLD.group_name);
    DELETE FROM deployment_device AS r USING deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.group_name <> NEW.group_name AND d.state <> 'canceled';
    has_left_some := FOUND;
    UPDATE deployment_device AS r SET has_left = true FROM deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id AND NOT r.has_left
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.group_name <> NEW.group_name;
    has_left_some := has_left_some OR FOUND;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.kind <> NEW.kind THEN
    DELETE FROM deployment_device AS r USING deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id AND r.state = 'unsupported'
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.state <> 'canceled' AND can_be_given(NEW.kind, d.type);
    UPDATE deployment_device AS r SET state = 'unsupported', step = NULL, told_at = NULL FROM deployment AS d
    WHERE r.account_id = NEW.account_id AND r.device_id = NEW.id AND r.state IN ('waiting', 'told')
      AND d.account_id = r.account_id AND d.id = r.deployment_id AND d.state <> 'canceled' AND NOT can_be_given(NEW.kind, d.type);
    has_left_some := has_left_some OR FOUND;
  END IF;
  -- A deployment that is canceled now is withdrawn from this device as well, or seen to be canceled.
  PERFORM FROM deployment WHERE account_id = NEW.account_id AND group_name = NEW.group_name AND state = 'running' FOR KEY SHARE;
  INSERT INTO deployment_device (account_id, deployment_id, device_id, place, state, step, told_at)
  SELECT account_id, id, NEW.id, 2147483647,
         CASE WHEN NOT can_be_given(NEW.kind, type) THEN 'unsupported' WHEN is_everywhere THEN 'told' ELSE 'waiting' END,
         CASE WHEN is_everywhere AND can_be_given(NEW.kind, type) THEN step END,
         CASE WHEN is_everywhere AND can_be_given(NEW.kind, type) THEN now() END
  FROM (SELECT *, max(id::text) FILTER (WHERE is_everywhere) OVER (PARTITION BY slot) AS newest
        FROM (SELECT *, step = cardinality(steps) AND state <> 'paused' AS is_everywhere FROM deployment
              WHERE account_id = NEW.account_id AND group_name = NEW.group_name
                AND state IN ('running', 'paused', 'finished')) AS live) AS d
  WHERE newest IS NULL OR id::text >= newest
  ON CONFLICT DO NOTHING;
  has_joined := FOUND;
  IF has_left_some OR has_joined THEN PERFORM assign_deployments(NEW.account_id, ARRAY[NEW.id]); END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER join_deployments_first AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION join_deployments();
COMMENT ON TRIGGER join_deployments_first ON device IS 'A new device gets the deployments of its group.';

CREATE OR REPLACE TRIGGER join_deployments AFTER UPDATE OF group_name, kind ON device FOR EACH ROW
WHEN (OLD.group_name <> NEW.group_name OR OLD.kind <> NEW.kind) EXECUTE FUNCTION join_deployments();
COMMENT ON TRIGGER join_deployments ON device IS
'A device that changes its group gets the deployments of the new group and loses those of the old one; one that changes its kind gets those that it can have now.';

CREATE OR REPLACE FUNCTION leave_deployments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM wait_for_placing(OLD.account_id, OLD.group_name);
  DELETE FROM deployment_device WHERE account_id = OLD.account_id AND device_id = OLD.id;
  DELETE FROM out_of_date_device WHERE account_id = OLD.account_id AND device_id = OLD.id;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER leave_deployments AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION leave_deployments();
COMMENT ON TRIGGER leave_deployments ON device IS 'A device that is removed counts in no deployment, and is not out of date.';

CREATE OR REPLACE FUNCTION count_roll_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter_difference
  SELECT account_id, 'rollout', state, difference
  FROM (SELECT OLD.account_id, OLD.state, -1 AS difference WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT NEW.account_id, NEW.state, 1 WHERE TG_OP <> 'DELETE') AS change;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER count_roll_out AFTER INSERT OR DELETE ON deployment FOR EACH ROW EXECUTE FUNCTION count_roll_out();
COMMENT ON TRIGGER count_roll_out ON deployment IS 'The counts of roll-outs by state include every one that is there.';

CREATE OR REPLACE TRIGGER recount_roll_out AFTER UPDATE OF state ON deployment FOR EACH ROW
WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION count_roll_out();
COMMENT ON TRIGGER recount_roll_out ON deployment IS 'The counts of roll-outs by state follow every change of one.';
