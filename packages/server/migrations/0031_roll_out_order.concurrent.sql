-- Those that wait, in the order of offers.
CREATE INDEX CONCURRENTLY deployment_waiting ON deployment_device (account_id, deployment_id, place, device_id) WHERE state = 'waiting';
