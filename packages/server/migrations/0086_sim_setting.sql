-- Limits and IMEI locks of SIMs as their carriers are told of them; what is wanted stands in the SIM.
CREATE TABLE sim_setting (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  setting text COLLATE "C" NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  -- An answer is about the change that was asked for: the newest wins.
  change int NOT NULL DEFAULT 1,
  changed_by jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- When the carrier is told; none once it has it, or has refused it.
  due timestamptz,
  call uuid,
  attempts int NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0,
  -- Why the carrier does not have it.
  reason text,
  told_at timestamptz,
  PRIMARY KEY (account_id, iccid, setting)
) WITH (fillfactor = 70);
CREATE INDEX sim_setting_due ON sim_setting (account_id, carrier, due) WHERE due IS NOT NULL;
