-- Events of before become one partition of events. A check says so beforehand, so that nothing is read under the lock then. Until
-- its end there is room for more transactions than there will be before days begin.
DO $$ BEGIN
  EXECUTE format('ALTER TABLE event ADD CONSTRAINT event_before CHECK (id < %L) NOT VALID',
                 event_position(((pg_sequence_last_value('event_order') >> 28) + 2) << 28, 0));
END $$;
