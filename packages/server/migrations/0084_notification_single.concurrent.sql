CREATE INDEX CONCURRENTLY notification_single ON notification (account_id, id) WHERE batch_id IS NULL;
