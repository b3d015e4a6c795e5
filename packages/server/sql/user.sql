CREATE OR REPLACE FUNCTION note_user_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER note_user_change BEFORE UPDATE OF scopes, is_restricted, token_generation, disabled_at, deleted_at ON app_user
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
  'scopes', scopes, 'groups', groups_of(account_id, id, is_restricted), 'hasTotp', totp_secret IS NOT NULL, 'createdAt', iso_time(created_at),
  'joinedAt', iso_time(joined_at), 'lastSignInAt', iso_time(last_sign_in_at),
  'self', '/v1/default/user/' || id)) AS document
FROM app_user WHERE deleted_at IS NULL;

CREATE OR REPLACE FUNCTION preferences_document(u app_user) RETURNS json LANGUAGE sql STABLE
RETURN json_strip_nulls(json_build_object('digest', u.digest, 'timezone', u.timezone, 'clock', u.clock));

-- When a digest is due next: at seven in this zone, every day or every Monday; null for none.
CREATE OR REPLACE FUNCTION next_digest(pace text, zone text, since timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
RETURN (
  SELECT min(moment)
  FROM (VALUES ('daily', 'day', interval '1 day'), ('weekly', 'week', interval '7 days')) AS known (pace, unit, step)
  CROSS JOIN generate_series(0, 1) AS n
  CROSS JOIN LATERAL (
    SELECT (date_trunc(known.unit, since AT TIME ZONE zone) + n * known.step + interval '7 hours') AT TIME ZONE zone AS moment) AS next
  WHERE known.pace = next_digest.pace AND moment > since);
