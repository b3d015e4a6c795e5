CREATE OR REPLACE VIEW view_document AS
SELECT account_id, id, kind, is_shared, created_by, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/view/' || id, 'kind', kind, 'name', name, 'filter', filter, 'columns', columns, 'sort', sort,
  'shared', is_shared, 'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at))) AS document
FROM view;
