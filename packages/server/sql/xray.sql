CREATE OR REPLACE VIEW xray_document AS
SELECT s.account_id, s.id, s.device_id, s.ended_at, json_strip_nulls(json_build_object(
  'id', s.id, 'self', '/v1/default/xray/' || s.id, 'actor', with_name(s.account_id, s.actor), 'device', s.device_id,
  'deviceName', d.name, 'service', s.service, 'reason', s.reason, 'address', s.address, 'bytesUp', s.bytes_up,
  'bytesDown', s.bytes_down, 'latencyMs', s.latency_ms, 'beganAt', iso_time(s.began_at),
  'attachedAt', iso_time(s.attached_at), 'idleMinutes', s.idle_minutes,
  'endsAt', CASE WHEN s.ended_at IS NULL THEN iso_time(s.ends_at) END,
  'takeOver', CASE WHEN s.ended_at IS NULL AND s.take_over IS NOT NULL THEN
    json_build_object('actor', with_name(s.account_id, s.take_over -> 'actor'), 'at', s.take_over ->> 'at') END,
  'endedAt', iso_time(s.ended_at), 'endReason', s.end_reason, 'recorded', s.is_recorded,
  'recordings', CASE WHEN s.is_recorded THEN (
    SELECT json_agg(json_build_object('id', r.id, 'beganAt', iso_time(r.began_at), 'durationMs', r.duration_ms, 'bytes', r.bytes) ORDER BY r.id)
    FROM xray_recording AS r WHERE r.account_id = s.account_id AND r.session_id = s.id) END)) AS document
FROM xray_session AS s LEFT JOIN device AS d ON d.account_id = s.account_id AND d.id = s.device_id;
