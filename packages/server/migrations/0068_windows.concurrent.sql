-- What check-ins look at: commands that wait are not in it.
CREATE INDEX CONCURRENTLY notification_ready ON notification (account_id, device_id, id)
WHERE state IN ('queued', 'sent', 'acknowledged') AND wakes_at IS NULL;

CREATE INDEX CONCURRENTLY notification_waiting ON notification (account_id, device_id) WHERE wakes_at IS NOT NULL AND finished_at IS NULL;

CREATE INDEX CONCURRENTLY notification_wakes ON notification (wakes_at) WHERE wakes_at IS NOT NULL AND finished_at IS NULL;

CREATE INDEX CONCURRENTLY notification_closes ON notification (closes_at)
WHERE closes_at IS NOT NULL AND wakes_at IS NULL AND finished_at IS NULL;
