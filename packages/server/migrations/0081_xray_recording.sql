ALTER TABLE account ADD COLUMN xray_shells_recorded boolean NOT NULL DEFAULT false;
-- As the account wanted it when the session began.
ALTER TABLE xray_session ADD COLUMN is_recorded boolean NOT NULL DEFAULT false;

-- What a shell of a session showed.
CREATE TABLE xray_recording (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  session_id uuid NOT NULL,
  device_id uuid NOT NULL,
  began_at timestamptz NOT NULL,
  duration_ms bigint NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX xray_recording_of_session ON xray_recording (account_id, session_id, id);
CREATE INDEX xray_recording_of_device ON xray_recording (account_id, device_id, id);

-- Pieces of it in the order of their ids, compressed and sealed.
CREATE TABLE xray_recording_part (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  recording_id uuid NOT NULL,
  device_id uuid NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX xray_part_of_recording ON xray_recording_part (account_id, recording_id, id);
CREATE INDEX xray_part_of_device ON xray_recording_part (account_id, device_id, id);
