CREATE INDEX CONCURRENTLY sim_pending_by_carrier ON sim (account_id, carrier, carrier_due) WHERE pending_state IS NOT NULL;
