CREATE OR REPLACE VIEW api_key_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'name', name, 'prefix', prefix, 'scopes', scopes,
  'groups', groups_of(account_id, id, is_restricted), 'createdAt', iso_time(created_at),
  'expiresAt', iso_time(expires_at), 'lastUsedAt', iso_time(last_used_at), 'allowedIps', allowed_ips,
  'rateLimit', rate_limit, 'self', '/v1/default/apikey/' || id)) AS document
FROM api_key WHERE deleted_at IS NULL;

CREATE OR REPLACE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name ON api_key
FOR EACH ROW EXECUTE FUNCTION keep_principal_name();
COMMENT ON TRIGGER keep_principal_name ON api_key IS
'Events and batches show the name of the API key that caused them, also after its deletion.';
