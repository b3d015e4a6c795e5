-- Credentials of devices that have ended: for a while, so that every node forgets them and ends their connections.
CREATE TABLE ended_device_credential (
  device_id uuid NOT NULL,
  secret_hash text NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_device_credential_time ON ended_device_credential (ended_at);

CREATE FUNCTION note_ended_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ended_device_credential (device_id, secret_hash) VALUES (old.id, old.secret_hash);
  RETURN NULL;
END $$;

CREATE TRIGGER device_deleted AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION note_ended_credential();
CREATE TRIGGER device_secret AFTER UPDATE OF secret_hash ON device FOR EACH ROW
  WHEN (old.secret_hash <> new.secret_hash) EXECUTE FUNCTION note_ended_credential();
