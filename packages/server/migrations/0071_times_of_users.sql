-- How somebody wants to be told of times: in a time zone, which is else that of the browser or account, and by a clock of 12 or 24 hours.
ALTER TABLE app_user ADD COLUMN timezone text,
  ADD COLUMN clock text NOT NULL DEFAULT '24h',
  ADD CONSTRAINT app_user_clock CHECK (clock IN ('12h', '24h')) NOT VALID;
