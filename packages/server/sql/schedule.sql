-- The action is the sender's own JSON, nulls included.
CREATE OR REPLACE VIEW schedule_document AS
SELECT account_id, id, left(json_build_object(
    'id', id, 'self', '/v1/default/schedule/' || id, 'name', name, 'cron', cron, 'timezone', timezone)::text, -1) ||
  ',"action":' || action || ',' || substr(json_strip_nulls(json_build_object(
    'enabled', next_run_at IS NOT NULL, 'nextRunAt', iso_time(next_run_at),
    'runs', (SELECT coalesce(json_agg(json_build_object(
               'dueAt', iso_time(r.due_at), 'at', iso_time(r.at),
               'state', CASE WHEN r.reason IS NULL THEN 'succeeded' ELSE 'failed' END,
               'reason', r.reason, 'batch', r.batch_id, 'export', r.export_id) ORDER BY r.due_at DESC), '[]')
             FROM schedule_run AS r WHERE r.account_id = s.account_id AND r.schedule_id = s.id),
    'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at)))::text, 2) AS document
FROM schedule AS s;
