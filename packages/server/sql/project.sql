CREATE OR REPLACE VIEW project_document AS
SELECT account_id, name, json_build_object(
  'name', name, 'self', '/v1/default/project/' || path_segment(name), 'createdAt', iso_time(created_at)) AS document
FROM project;

CREATE OR REPLACE VIEW build_document AS
SELECT account_id, id, project, version,
  left(json_strip_nulls(json_build_object(
    'id', id, 'self', '/v1/default/project/' || path_segment(project) || '/build/' || path_segment(version),
    'project', project, 'version', version, 'state', state, 'errors', errors, 'createdAt', iso_time(created_at),
    'finishedAt', iso_time(finished_at)))::text, -1) || coalesce(',"manifest":' || manifest, '') || '}' AS document
FROM build;
