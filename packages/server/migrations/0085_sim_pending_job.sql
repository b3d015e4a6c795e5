-- The job that asked for the state that a SIM is on its way to: the event of the state names it.
ALTER TABLE sim ADD COLUMN pending_job uuid;
