CREATE OR REPLACE FUNCTION note_user_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER note_user_change BEFORE UPDATE OF scopes, token_generation, disabled_at, deleted_at ON app_user
FOR EACH ROW EXECUTE FUNCTION note_user_change();
COMMENT ON TRIGGER note_user_change ON app_user IS
'Every node notices within a second that a user lost scopes, tokens, or access.';

CREATE OR REPLACE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name, email ON app_user
FOR EACH ROW EXECUTE FUNCTION keep_principal_name();
COMMENT ON TRIGGER keep_principal_name ON app_user IS
'Events and batches show the name of the user who caused them, also after the user''s removal.';

CREATE OR REPLACE VIEW user_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'email', email, 'name', name,
  'state', CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN joined_at IS NULL THEN 'invited' ELSE 'active' END,
  'scopes', scopes, 'hasTotp', totp_secret IS NOT NULL, 'createdAt', iso_time(created_at),
  'joinedAt', iso_time(joined_at), 'lastSignInAt', iso_time(last_sign_in_at),
  'self', '/v1/default/user/' || id)) AS document
FROM app_user WHERE deleted_at IS NULL;
