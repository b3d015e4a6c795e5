-- Whether a device is online that has not been seen for long is found without a look at those that are offline.
CREATE INDEX device_online_by_presence ON device (account_id, presence_mark) WHERE online;
