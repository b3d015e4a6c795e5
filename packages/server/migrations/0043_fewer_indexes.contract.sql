-- Those of 0042 take the place of the first two. Lists read `notification_in_state` since 0039, and what is old is found by its id.
DROP INDEX notification_to_send;
DROP INDEX notification_to_repeat;
DROP INDEX notification_of_state;
DROP INDEX notification_time;

-- Every row that is written looked up its device, or its deployment, and locked it: 7 and 15 µs. Whoever writes these rows has locked
-- the device, whose trigger leave_deployments takes them with it; no deployment is ever deleted.
ALTER TABLE out_of_date_device DROP CONSTRAINT out_of_date_device_account_id_device_id_fkey;
ALTER TABLE deployment_device DROP CONSTRAINT deployment_device_account_id_deployment_id_fkey;
