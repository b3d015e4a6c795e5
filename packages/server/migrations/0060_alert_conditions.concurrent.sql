CREATE INDEX CONCURRENTLY deployment_paused ON deployment (account_id, id) WHERE state = 'paused';

CREATE INDEX CONCURRENTLY sim_in_foreign_device ON sim (account_id, iccid) WHERE foreign_imei IS NOT NULL;
