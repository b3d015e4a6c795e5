CREATE OR REPLACE FUNCTION artifact_path(type text, name text, version text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN '/v1/default/artifact/' || type || '/' || path_segment(name) || '/' || path_segment(version);

-- The config is the sender's own, nulls included.
CREATE OR REPLACE VIEW artifact_document AS
SELECT account_id, id, type, name, version, sha256, size,
  left(json_strip_nulls(json_build_object(
    'type', type, 'name', name, 'version', version, 'self', artifact_path(type, name, version), 'size', size,
    'checksum', json_build_object('sha1', sha1, 'sha256', sha256, 'md5', md5), 'createdAt', iso_time(created_at),
    'contentUrl', artifact_path(type, name, version) || '/content',
    'apk', CASE type WHEN 'apk' THEN facts END, 'media', CASE type WHEN 'media' THEN facts END))::text, -1) ||
  CASE type WHEN 'config' THEN ',"config":' || facts ELSE '' END || '}' AS document
FROM artifact JOIN storage_object USING (sha256);
