-- Batches of before are counted by their notifications; those from here on by a trigger. Who writes notifications waits for it.
LOCK TABLE notification IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE batch
  ADD COLUMN is_counted boolean NOT NULL DEFAULT false,
  ADD COLUMN canceled_at timestamptz,
  ADD COLUMN canceled_by jsonb,
  -- Some of its commands are still to be taken back.
  ADD COLUMN is_canceling boolean NOT NULL DEFAULT false;
ALTER TABLE batch ALTER COLUMN is_counted SET DEFAULT true;
CREATE INDEX batch_canceling ON batch (account_id, id) WHERE is_canceling;

-- Batches whose commands are being queued, and how far that has come.
CREATE TABLE batch_queueing (
  account_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  target jsonb NOT NULL,
  payload text,
  -- NULL: only for devices that are online now.
  expires_at timestamptz,
  after_device uuid NOT NULL,
  is_total_known boolean NOT NULL,
  PRIMARY KEY (account_id, batch_id),
  FOREIGN KEY (account_id, batch_id) REFERENCES batch (account_id, id) ON DELETE CASCADE
);
