-- When a clock of this zone shows a time: the first such moment where there are two, and by the offset before where the clock skips the
-- time. So says RFC 5545, 3.3.5; `openingOf` of the contract is the same for devices.
CREATE OR REPLACE FUNCTION instant_of(local timestamp, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  as_utc timestamptz := local AT TIME ZONE 'UTC';
  day_before timestamptz := as_utc - interval '24 hours';
  day_after timestamptz := as_utc + interval '24 hours';
  first timestamptz := as_utc - ((day_before AT TIME ZONE zone) - (day_before AT TIME ZONE 'UTC'));
  second timestamptz := as_utc - ((day_after AT TIME ZONE zone) - (day_after AT TIME ZONE 'UTC'));
BEGIN
  RETURN CASE WHEN first AT TIME ZONE zone <> local AND second AT TIME ZONE zone = local THEN second ELSE first END;
END $$;

-- The opening of a window that is under way at a moment, else the next one; nothing where it never opens. A zone that PostgreSQL does
-- not know, as a device may report one, is taken for UTC.
CREATE OR REPLACE FUNCTION window_opening(time_window jsonb, device_zone text, at timestamptz, OUT opens_at timestamptz, OUT closes_at timestamptz)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  zone text := CASE time_window ->> 'timezone' WHEN 'device' THEN coalesce(device_zone, 'UTC') ELSE time_window ->> 'timezone' END;
  from_time time := (time_window ->> 'from')::time;
  to_time time := (time_window ->> 'to')::time;
  today date;
  day date;
BEGIN
  BEGIN
    today := at AT TIME ZONE zone;
  EXCEPTION WHEN invalid_parameter_value THEN
    zone := 'UTC';
    today := at AT TIME ZONE zone;
  END;
  FOR n IN -1 .. 15 LOOP
    day := today + n;
    CONTINUE WHEN time_window ? 'days'
      AND NOT time_window -> 'days' ? (ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])[extract(isodow FROM day)::int];
    opens_at := instant_of(day + from_time, zone);
    closes_at := instant_of(day + to_time + CASE WHEN to_time <= from_time THEN interval '1 day' ELSE interval '0' END, zone);
    IF closes_at > opens_at AND closes_at > at THEN RETURN; END IF;
  END LOOP;
  opens_at := NULL;
  closes_at := NULL;
END $$;

CREATE OR REPLACE FUNCTION is_timezone(zone text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE zone;
  RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END $$;

-- When a command for a device in this zone is handed out: nothing to wait for is a null. A device that reports its zone gets the window with
-- the command, and keeps to it; any other gets the command inside the window, and not once it has closed.
CREATE OR REPLACE FUNCTION command_timing(
  not_before timestamptz, time_window jsonb, device_zone text, OUT wakes_at timestamptz, OUT closes_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  opening record;
BEGIN
  IF not_before > now() THEN wakes_at := not_before; END IF;
  IF time_window IS NULL OR device_zone IS NOT NULL THEN RETURN; END IF;
  SELECT * INTO opening FROM window_opening(time_window, device_zone, greatest(now(), not_before));
  closes_at := opening.closes_at;
  -- One that never opens waits for its end.
  wakes_at := CASE WHEN opening.opens_at IS NULL THEN 'infinity'
    ELSE greatest(wakes_at, CASE WHEN opening.opens_at > now() THEN opening.opens_at END) END;
END $$;
