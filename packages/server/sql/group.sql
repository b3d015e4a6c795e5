CREATE OR REPLACE VIEW group_document AS
SELECT account_id, name, json_strip_nulls(json_build_object(
  'name', name, 'description', description, 'createdAt', iso_time(created_at),
  'self', '/v1/default/group/' || path_segment(name))) AS document
FROM device_group;
