-- The IANA time zone that a device reports.
ALTER TABLE device ADD COLUMN timezone text;

-- While `wakes_at` is set, a command is not handed out: it is too early, or the device has it and waits for its window. `closes_at` is
-- when it is handed out no more, until the next opening.
ALTER TABLE notification ADD COLUMN not_before timestamptz, ADD COLUMN time_window jsonb, ADD COLUMN wakes_at timestamptz,
  ADD COLUMN closes_at timestamptz;
ALTER TABLE batch ADD COLUMN not_before timestamptz, ADD COLUMN time_window jsonb;
ALTER TABLE deployment ADD COLUMN not_before timestamptz, ADD COLUMN time_window jsonb;
