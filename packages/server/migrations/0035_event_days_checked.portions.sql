-- By itself: it reads all events, and nobody who reads or writes them waits for it.
ALTER TABLE event VALIDATE CONSTRAINT event_before;
