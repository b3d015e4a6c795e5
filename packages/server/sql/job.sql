-- How many failures a job shows; packages/contract/src/job.ts says the same.
CREATE OR REPLACE VIEW job_document AS
SELECT j.account_id, j.id, j.kind, j.state,
  -- Both may hold nulls that mean something.
  left(json_strip_nulls(json_build_object(
    'id', j.id, 'self', '/v1/default/job/' || j.id, 'kind', j.kind, 'state', j.state,
    'dryRun', CASE WHEN j.is_dry_run THEN true END,
    'total', greatest(j.total, j.done + j.failed), 'done', j.done,
    'failed', ARRAY(
      SELECT json_build_object('line', f.line, CASE j.kind WHEN 'sim.bulk' THEN 'iccid' ELSE 'device' END, f.subject, 'reason', f.reason)
      FROM job_failure AS f WHERE f.account_id = j.account_id AND f.job_id = j.id ORDER BY f.id LIMIT 100),
    'failedTotal', j.failed, 'ignoredColumns', j.ignored_columns,
    'rejectedUrl', CASE WHEN j.failed > 0 THEN '/v1/default/job/' || j.id || '/rejected' END,
    'createdBy', with_name(j.account_id, j.created_by), 'createdAt', iso_time(j.created_at),
    'finishedAt', iso_time(j.finished_at)))::text, -1)
  || coalesce(',"target":' || j.target::text, '') || coalesce(',"change":' || j.change::text, '') || '}' AS document,
  j.groups, j.created_by
FROM job AS j;
