-- The contents in the storage. A table refers to one by a foreign key on an indexed column; one that no foreign key
-- refers to is collected a day after it was last put. Contents are shared by accounts: who may read one is said by the
-- row that refers to it.
CREATE TABLE storage_object (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  sha1 text NOT NULL,
  md5 text NOT NULL,
  size bigint NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now()
);
