-- What keys and users are called, also those that have gone: the trail says who did something for as long as it is kept.
CREATE TABLE principal_name (
  account_id uuid NOT NULL REFERENCES account,
  -- Of an API key or a user.
  id uuid NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (account_id, id)
);
INSERT INTO principal_name SELECT account_id, id, name FROM api_key;
INSERT INTO principal_name SELECT account_id, id, coalesce(name, email) FROM app_user;

CREATE FUNCTION keep_principal_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO principal_name (account_id, id, name)
  VALUES (NEW.account_id, NEW.id, coalesce(NEW.name, to_jsonb(NEW) ->> 'email'))
  ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name ON api_key
FOR EACH ROW EXECUTE FUNCTION keep_principal_name();
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name, email ON app_user
FOR EACH ROW EXECUTE FUNCTION keep_principal_name();

-- `{kind, id}` of a key or user with its name; anything else as it is.
CREATE FUNCTION with_name(account uuid, who jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN who || coalesce(
  (SELECT jsonb_build_object('name', n.name) FROM principal_name AS n
   WHERE n.account_id = account AND n.id = CASE WHEN who ->> 'kind' IN ('key', 'user') THEN (who ->> 'id')::uuid END), '{}');

CREATE OR REPLACE VIEW event_document AS
SELECT account_id, id, type, device_id, json_strip_nulls(json_build_object(
  'id', id, 'type', type, 'time', iso_time(time), 'actor', with_name(account_id, actor),
  'subject', with_name(account_id, subject), 'data', data)) AS document
FROM event;

-- Who sent a batch.
ALTER TABLE batch ADD COLUMN created_by jsonb;
CREATE OR REPLACE VIEW batch_document AS
SELECT account_id, id, type, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/batch/' || id, 'type', type, 'total', total,
  'states', coalesce((SELECT json_object_agg(state, count) FROM (
    SELECT state, count(*) AS count FROM notification AS n
    WHERE n.account_id = b.account_id AND n.batch_id = b.id GROUP BY state ORDER BY state) AS counts), '{}'),
  'createdBy', with_name(account_id, created_by), 'createdAt', iso_time(created_at))) AS document
FROM batch AS b;
