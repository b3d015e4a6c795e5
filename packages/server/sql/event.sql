-- Volatile, and without a SELECT, so that PostgreSQL inlines it: as a call it would cost every event.
CREATE OR REPLACE FUNCTION event_position(place bigint, serial bigint) RETURNS text LANGUAGE sql VOLATILE
RETURN lpad(to_hex(pg_sequence_last_value('event_epoch')), 2, '0') || lpad(to_hex(place), 14, '0') ||
       lpad(to_hex(serial), 12, '0');

-- The lock comes before the number: a reader that has seen the number finds the lock, or the transaction has ended.
CREATE OR REPLACE FUNCTION enter_event_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('mason.event_order', true), '') = '' THEN
    PERFORM pg_advisory_xact_lock_shared(7310, pg_sequence_last_value('event_order')::bit(32)::int);
    PERFORM set_config('mason.event_order', nextval('event_order')::text, true);
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER enter_event_order BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();
COMMENT ON TRIGGER enter_event_order ON event IS
'A transaction takes its number in the order of events before its first event, so that a reader never passes an event that commits later.';

-- A program of before deletes events by their place in a table, which in another partition is another event.
CREATE OR REPLACE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN TG_TABLE_NAME IN ('event_before', 'event_default') OR current_setting('mason.erasing', true) = 'on' THEN OLD END;
END $$;

CREATE OR REPLACE TRIGGER keep_event BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION keep_event();
COMMENT ON TRIGGER keep_event ON event IS
'An event in the partition of a day is not deleted: it is dropped with its day, or erased with its device.';

CREATE OR REPLACE FUNCTION event_place(id text) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN ('x' || substr(id, 3, 14))::bit(56)::bigint;

-- Where the partitions of events begin and end.
CREATE OR REPLACE FUNCTION event_bounds() RETURNS TABLE (partition text, "from" text, "to" text) LANGUAGE sql STABLE AS $$
  SELECT c.relname::text, b[1], b[2]
  FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid
  CROSS JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \((?:MINVALUE|''(\w+)'')\) TO \(''(\w+)''\)') AS b
  WHERE inhparent = 'event'::regclass AND b IS NOT NULL
$$;

-- The next partition lies behind all others, and behind all numbers that were given out. It has room for 2^28 transactions, 3,000 a
-- second for a day; those that find no more room go into the one behind it.
CREATE OR REPLACE FUNCTION next_event_day() RETURNS TABLE ("from" text, "to" text) LANGUAGE sql VOLATILE AS $$
  SELECT event_position(block << 28, 0), event_position((block + 1) << 28, 0)
  FROM (SELECT greatest((pg_sequence_last_value('event_order') >> 28) + 1, max(event_place(b."to") >> 28)) AS block
        FROM event_bounds() AS b) AS next
$$;

-- From now on, events come into this partition or a later one. While the numbers leap nobody writes events: a reader would pass
-- those of a transaction that took its number before, and a statement that began without the partition would not find it.
CREATE OR REPLACE FUNCTION begin_event_day(day text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  start bigint := (SELECT event_place(b."from") FROM event_bounds() AS b WHERE b.partition = day);
BEGIN
  IF pg_sequence_last_value('event_order') >= start THEN RETURN; END IF;
  LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE;
  IF pg_sequence_last_value('event_order') < start THEN PERFORM setval('event_order', start); END IF;
END $$;

-- No event below this id will be committed any more. A statement that reads up to it must begin after this one has ended,
-- for what commits between the start of a statement and its look at the locks is in neither.
-- A lock holds the lower 32 bits of a number; one that seems to be above the newest was taken after that was read. Periodic jobs
-- of earlier programs hold exclusive locks of the same first number.
CREATE OR REPLACE FUNCTION event_horizon() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  newest bigint := pg_sequence_last_value('event_order');
  behind bigint;
BEGIN
  SELECT coalesce(max(distance), 0) INTO behind
  FROM (SELECT (newest - objid::bigint) & 4294967295 AS distance FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 7310 AND objsubid = 2 AND mode = 'ShareLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS writing
  WHERE distance < 2147483648;
  RETURN event_position(newest - behind + 1, 0);
END $$;

-- The age in seconds of the oldest open transaction that has written events. Nothing else holds events back.
CREATE OR REPLACE FUNCTION event_lag() RETURNS float8 LANGUAGE sql VOLATILE
RETURN (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
        FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND classid = 7310 AND objsubid = 2 AND mode = 'ShareLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));

CREATE OR REPLACE FUNCTION keep_principal_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO principal_name (account_id, id, name)
  VALUES (NEW.account_id, NEW.id, coalesce(NEW.name, to_jsonb(NEW) ->> 'email'))
  ON CONFLICT (account_id, id) DO UPDATE SET name = excluded.name;
  RETURN NULL;
END $$;

-- `{kind, id}` of a key or user with its name; anything else as it is.
CREATE OR REPLACE FUNCTION with_name(account uuid, who jsonb) RETURNS jsonb LANGUAGE sql STABLE
RETURN who || coalesce(
  (SELECT jsonb_build_object('name', n.name) FROM principal_name AS n
   WHERE n.account_id = account AND n.id = CASE WHEN who ->> 'kind' IN ('key', 'user') THEN (who ->> 'id')::uuid END), '{}');

CREATE OR REPLACE VIEW event_document AS
SELECT account_id, id, type, device_id, json_strip_nulls(json_build_object(
  'id', id, 'type', type, 'time', iso_time(time), 'actor', with_name(account_id, actor),
  'subject', with_name(account_id, subject), 'data', data)) AS document
FROM event;

-- The first events of a type in a range of ids, in order or against it. The type is part of the order, as a range, and nothing is sorted:
-- that leaves PostgreSQL the index of types alone, whatever it knows of the table. It might sort all of the type, or pass over all others.
CREATE OR REPLACE FUNCTION first_events_of_type(account uuid, of_type text, first text, behind text, is_up boolean, most int) RETURNS SETOF text
LANGUAGE plpgsql STABLE ROWS 100 SET enable_sort = off AS $$
DECLARE
  -- As the index; an argument has the collation of the ids that it came with.
  kind CONSTANT text COLLATE "default" := of_type;
BEGIN
  IF is_up THEN
    RETURN QUERY SELECT e.id FROM event AS e
      WHERE e.account_id = account AND e.type ~>=~ kind AND e.type ~<=~ kind AND e.id >= first AND e.id < behind
      ORDER BY e.type USING ~<~, e.id LIMIT most;
  ELSE
    RETURN QUERY SELECT e.id FROM event AS e
      WHERE e.account_id = account AND e.type ~>=~ kind AND e.type ~<=~ kind AND e.id >= first AND e.id < behind
      ORDER BY e.type USING ~>~, e.id DESC LIMIT most;
  END IF;
END $$;

-- Every event is written here, in the transaction of the change that it tells of. Many events are one call: an event for each
-- call would cost twice as much.
CREATE OR REPLACE FUNCTION record_events(events new_event[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(cardinality(events), 0) = 0 THEN RETURN; END IF;
  INSERT INTO event (account_id, type, actor, subject, device_id, data)
  SELECT account_id, type, actor, subject, device_id, coalesce(data, '{}') FROM unnest(events);
END $$;
