-- The triggers of `sql/heartbeat.sql` take its place.
DROP TRIGGER copy_heartbeat ON device;
DROP FUNCTION copy_heartbeat();
ALTER TABLE presence_sweep DROP COLUMN filled_account, DROP COLUMN filled_device;
