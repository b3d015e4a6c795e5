-- Tells the encryption key that this database's secrets are sealed with from any other; the key cannot be found from it.
CREATE TABLE encryption_key (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  check_value bytea NOT NULL
);
