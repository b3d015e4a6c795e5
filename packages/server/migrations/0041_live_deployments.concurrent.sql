-- Those that are still to be canceled when the group is deleted, without the others of its history.
CREATE INDEX CONCURRENTLY deployment_live ON deployment (account_id, group_name) WHERE state <> 'canceled';
