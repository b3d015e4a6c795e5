-- Events lie in partitions by day from here on: ids rise, so a range of ids is a range of time. What is past its retention is
-- dropped with its day.
ALTER TABLE event RENAME TO event_before;
ALTER INDEX event_pkey RENAME TO event_before_pkey;
ALTER INDEX event_of_device RENAME TO event_before_of_device;
ALTER INDEX event_of_type RENAME TO event_before_of_type;
ALTER INDEX event_time RENAME TO event_before_time;

CREATE TABLE event (LIKE event_before INCLUDING DEFAULTS, PRIMARY KEY (account_id, id)) PARTITION BY RANGE (id);
CREATE INDEX event_of_device ON event (account_id, device_id, id) WHERE device_id IS NOT NULL;
CREATE INDEX event_of_type ON event (account_id, type text_pattern_ops, id);
CREATE INDEX event_time ON event USING brin (time);
CREATE TABLE event_default PARTITION OF event DEFAULT;

DO $$ BEGIN
  EXECUTE format('ALTER TABLE event ATTACH PARTITION event_before FOR VALUES FROM (MINVALUE) TO (%s)',
    (SELECT substring(pg_get_constraintdef(oid) FROM '''[0-9a-f]+''') FROM pg_constraint
     WHERE conrelid = 'event_before'::regclass AND conname = 'event_before'));
END $$;
ALTER TABLE event_before DROP CONSTRAINT event_before;

DROP TRIGGER enter_event_order ON event_before;
CREATE TRIGGER enter_event_order BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();
COMMENT ON TRIGGER enter_event_order ON event IS
'A transaction takes its number in the order of events before its first event, so that a reader never passes an event that commits later.';

-- The view of before reads what is a partition now.
CREATE OR REPLACE VIEW event_document AS
SELECT account_id, id, type, device_id, json_strip_nulls(json_build_object(
  'id', id, 'type', type, 'time', iso_time(time), 'actor', with_name(account_id, actor),
  'subject', with_name(account_id, subject), 'data', data)) AS document
FROM event;
