-- Who created a deployment.
ALTER TABLE deployment ADD COLUMN created_by jsonb;
UPDATE deployment AS d SET created_by = e.actor FROM event AS e
WHERE e.account_id = d.account_id AND e.type = 'deployment.created' AND e.subject = jsonb_build_object('kind', 'deployment', 'id', d.id);

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
  'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at), 'finishedAt', iso_time(finished_at))) AS document
FROM deployment AS d;
