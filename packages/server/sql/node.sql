-- A node says every few seconds that it lives; one that has not for half a minute is down.
CREATE OR REPLACE VIEW node_document AS
SELECT id, json_build_object(
  'id', id, 'host', host, 'version', version, 'startedAt', iso_time(started_at), 'seenAt', iso_time(seen_at), 'roles', roles,
  'connections', connections, 'eventLagMs', event_lag_ms, 'warnings', warnings,
  'state', CASE WHEN seen_at < now() - interval '30 seconds' THEN 'down' WHEN is_draining THEN 'draining' ELSE 'up' END) AS document
FROM node;
