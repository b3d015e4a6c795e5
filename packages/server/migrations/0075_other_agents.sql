-- Which agent a token is for.
ALTER TABLE enrollment ADD COLUMN kind text NOT NULL DEFAULT 'mason',
  ADD CONSTRAINT enrollment_kind CHECK (kind IN ('mason', 'headwind', 'mdmesh')) NOT VALID;

-- A Headwind agent that has asked for its first configuration, and has not said yet which device it is. What it is to be told then is
-- in its path already.
CREATE TABLE headwind_arrival (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  number text COLLATE "C" NOT NULL,
  enrollment_id uuid NOT NULL,
  secret_hash text NOT NULL,
  -- The device that it turned out to be, where that was known under another number: it has yet to move to that one's path.
  device_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT headwind_arrival_number UNIQUE (account_id, number),
  FOREIGN KEY (account_id, enrollment_id) REFERENCES enrollment ON DELETE CASCADE
);
CREATE INDEX headwind_arrival_enrollment ON headwind_arrival (account_id, enrollment_id);
CREATE INDEX headwind_arrival_age ON headwind_arrival (created_at);

-- What a Headwind agent has shown between two of its reports.
CREATE TABLE headwind_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  boot_id text,
  config_at timestamptz,
  PRIMARY KEY (account_id, device_id),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
);

-- The last secrets of devices that have confirmed their refurbishment: until they have reset themselves, they are told to.
CREATE TABLE farewell (
  secret_hash text PRIMARY KEY,
  device_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX farewell_age ON farewell (created_at);

-- What an MDMesh agent has said last of its boot.
CREATE TABLE mdmesh_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  booted_at timestamptz,
  PRIMARY KEY (account_id, device_id),
  FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
);
