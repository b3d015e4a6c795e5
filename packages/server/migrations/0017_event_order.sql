-- The order of events. A transaction takes its number at its first event, under a lock that says "my number is above this";
-- a reader stops below the oldest such lock. So only transactions that write events wait for each other: an id made of the
-- transaction's own number held every reader back by whatever was open in the database server.
CREATE SEQUENCE event_order;
SELECT setval('event_order', pg_current_xact_id()::text::bigint);

-- Volatile, and without a SELECT, so that PostgreSQL inlines it: as a call it would cost every event.
CREATE FUNCTION event_position(place bigint, serial bigint) RETURNS text LANGUAGE sql VOLATILE
RETURN lpad(to_hex(pg_sequence_last_value('event_epoch')), 2, '0') || lpad(to_hex(place), 14, '0') ||
       lpad(to_hex(serial), 12, '0');

-- The lock comes before the number: a reader that has seen the number finds the lock, or the transaction has ended.
CREATE FUNCTION enter_event_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('mason.event_order', true), '') = '' THEN
    PERFORM pg_advisory_xact_lock_shared(7310, pg_sequence_last_value('event_order')::bit(32)::int);
    PERFORM set_config('mason.event_order', nextval('event_order')::text, true);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER enter_event_order BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();

-- No event below this id will be committed any more. A statement that reads up to it must begin after this one has ended,
-- for what commits between the start of a statement and its look at the locks is in neither.
-- A lock holds the lower 32 bits of a number; one that seems to be above the newest was taken after that was read.
CREATE FUNCTION event_horizon() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  newest bigint := pg_sequence_last_value('event_order');
  behind bigint;
BEGIN
  SELECT coalesce(max(distance), 0) INTO behind
  FROM (SELECT (newest - objid::bigint) & 4294967295 AS distance FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 7310 AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS writing
  WHERE distance < 2147483648;
  RETURN event_position(newest - behind + 1, 0);
END $$;

ALTER TABLE event ALTER COLUMN id SET DEFAULT
  event_position(current_setting('mason.event_order')::bigint, nextval('event_serial'));

CREATE OR REPLACE VIEW event_document AS
SELECT account_id, id, type, device_id, json_strip_nulls(json_build_object(
  'id', id, 'type', type, 'time', iso_time(time), 'actor', actor, 'subject', subject, 'data', data)) AS document
FROM event;
DROP FUNCTION event_position(xid8, bigint);
