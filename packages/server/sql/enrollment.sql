CREATE OR REPLACE VIEW enrollment_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/enrollment/' || id, 'group', coalesce(group_name, 'unassigned'),
  'expiresAt', iso_time(expires_at), 'maxUses', max_uses,
  'uses', coalesce((SELECT value FROM counter_total AS c
                    WHERE c.account_id = e.account_id AND c.kind = 'enrollment' AND c.key = e.id::text), 0),
  'note', note, 'kind', kind, 'allowTakeover', nullif(allow_takeover, false), 'createdAt', iso_time(created_at))) AS document,
  coalesce(group_name, 'unassigned') AS group_name
FROM enrollment AS e;
