-- A SIM is known by its ICCID, which is the key that it is paged by.
CREATE TABLE sim (
  account_id uuid NOT NULL REFERENCES account,
  iccid text COLLATE "C" NOT NULL,
  name text,
  imsi text COLLATE "C",
  msisdn text COLLATE "C",
  eid text COLLATE "C",
  carrier text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT 'ready',
  -- Where the carrier is taking it.
  pending_state text,
  state_reason text,
  data_limit_bytes bigint,
  data_limit_action text,
  imei_lock text,
  device_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  activated_at timestamptz,
  PRIMARY KEY (account_id, iccid)
);

-- Which value a marker had on which days: from_day and until the day before until_day.
CREATE TABLE sim_marker (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  from_day date NOT NULL DEFAULT '-infinity',
  until_day date NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (account_id, iccid, key, from_day),
  FOREIGN KEY (account_id, iccid) REFERENCES sim
);
