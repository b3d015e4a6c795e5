CREATE OR REPLACE VIEW xray_document AS
SELECT s.account_id, s.id, s.device_id, s.ended_at, json_strip_nulls(json_build_object(
  'id', s.id, 'self', '/v1/default/xray/' || s.id, 'actor', with_name(s.account_id, s.actor), 'device', s.device_id,
  'deviceName', d.name, 'service', s.service, 'reason', s.reason, 'address', s.address, 'bytesUp', s.bytes_up,
  'bytesDown', s.bytes_down, 'latencyMs', s.latency_ms, 'beganAt', iso_time(s.began_at),
  'attachedAt', iso_time(s.attached_at), 'idleMinutes', s.idle_minutes,
  'endsAt', CASE WHEN s.ended_at IS NULL THEN iso_time(s.ends_at) END,
  'takeOver', CASE WHEN s.ended_at IS NULL AND s.take_over IS NOT NULL THEN
    json_build_object('actor', with_name(s.account_id, s.take_over -> 'actor'), 'at', s.take_over ->> 'at') END,
  'endedAt', iso_time(s.ended_at), 'endReason', s.end_reason)) AS document
FROM xray_session AS s LEFT JOIN device AS d ON d.account_id = s.account_id AND d.id = s.device_id;
