-- The devices that lack something that is deployed to them.
CREATE INDEX device_out_of_date ON device (account_id, id) WHERE NOT (os_updated AND apps_updated AND project_updated);
