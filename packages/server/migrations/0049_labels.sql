-- Null where there are none.
ALTER TABLE device ADD COLUMN labels jsonb, ADD COLUMN notes text;

-- The labels as they are looked for; `device` has them first.
CREATE TABLE device_label (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (account_id, device_id, key),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
);
CREATE INDEX device_label_by_value ON device_label (account_id, key, (search_text(value) COLLATE "C"), device_id);
