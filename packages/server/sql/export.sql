CREATE OR REPLACE VIEW export_document AS
SELECT account_id, id, kind, format, state, sha256, size, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/export/' || id, 'kind', kind, 'format', format, 'filters', filters, 'state', state,
  'reason', reason, 'rows', rows, 'progress', progress, 'size', size,
  'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at),
  'finishedAt', iso_time(finished_at),
  'contentUrl', CASE WHEN state = 'succeeded' THEN '/v1/default/export/' || id || '/content' END)) AS document,
  groups, created_by
FROM export LEFT JOIN storage_object USING (sha256);
