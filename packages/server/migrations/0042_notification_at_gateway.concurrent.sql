-- Commands for devices that are not connected are in neither: those of a large fleet that checks in over HTTP are many.
CREATE INDEX CONCURRENTLY notification_to_send_here ON notification (gateway, id) WHERE state = 'queued' AND gateway IS NOT NULL;

CREATE INDEX CONCURRENTLY notification_to_repeat_here ON notification (gateway, delivered_at) WHERE state = 'sent' AND gateway IS NOT NULL;
