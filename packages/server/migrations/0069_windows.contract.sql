-- notification_ready and notification_waiting take its place.
DROP INDEX IF EXISTS notification_open;
