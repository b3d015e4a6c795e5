-- The groups that a key or user is restricted to; null for the whole account.
CREATE OR REPLACE FUNCTION groups_of(account uuid, principal uuid, is_restricted boolean) RETURNS text[] LANGUAGE sql STABLE
RETURN CASE WHEN is_restricted THEN ARRAY(
  SELECT group_name FROM restricted_to WHERE account_id = account AND principal_id = principal ORDER BY group_name) END;

CREATE OR REPLACE FUNCTION note_regrouped() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account uuid := coalesce(NEW.account_id, OLD.account_id);
  principal uuid := coalesce(NEW.principal_id, OLD.principal_id);
BEGIN
  UPDATE app_user SET changed_at = clock_timestamp() WHERE account_id = account AND id = principal;
  UPDATE api_key SET regrouped_at = clock_timestamp() WHERE account_id = account AND id = principal;
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER note_regrouped AFTER INSERT OR UPDATE OR DELETE ON restricted_to
FOR EACH ROW EXECUTE FUNCTION note_regrouped();
COMMENT ON TRIGGER note_regrouped ON restricted_to IS
'Every node notices within a second that a key or user sees other groups, also when a group is deleted.';

-- Whether an event is told to somebody who is restricted to these groups: it is about a device that is in one of them now, about a
-- group itself, or about a deployment to one.
CREATE OR REPLACE FUNCTION is_told_to(e event, groups text[]) RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(CASE
  WHEN e.device_id IS NOT NULL THEN
    (SELECT d.group_name = ANY (groups) FROM device AS d WHERE d.account_id = e.account_id AND d.id = e.device_id)
  WHEN e.subject ->> 'kind' = 'group' THEN e.subject ->> 'id' = ANY (groups)
  WHEN e.subject ->> 'kind' = 'deployment' THEN e.data ->> 'group' = ANY (groups)
END, false);

-- What an event tells such a one: nothing of the group that a device came from, nor of the device that a SIM was in.
CREATE OR REPLACE FUNCTION told_data(e event, groups text[]) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE e.type
  WHEN 'device.moved' THEN
    e.data - ARRAY(SELECT key FROM jsonb_each_text(e.data) WHERE key IN ('from', 'to') AND NOT value = ANY (groups))
  WHEN 'sim.device' THEN
    e.data - ARRAY(SELECT key FROM jsonb_each_text(e.data)
                   WHERE key IN ('from', 'to') AND NOT EXISTS (
                     SELECT FROM device AS d WHERE d.account_id = e.account_id AND d.id = value::uuid AND d.group_name = ANY (groups)))
  ELSE e.data
END;

CREATE OR REPLACE FUNCTION told_document(e event, groups text[]) RETURNS json LANGUAGE sql STABLE
RETURN json_strip_nulls(json_build_object(
  'id', e.id, 'type', e.type, 'time', iso_time(e.time), 'actor', with_name(e.account_id, e.actor),
  'subject', with_name(e.account_id, e.subject), 'data', told_data(e, groups)));

-- The same of one event of a stream; null where it is not told.
CREATE OR REPLACE FUNCTION told_text(account uuid, event_id text, groups jsonb) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT told_document(e, held.groups)::text
        FROM event AS e, (SELECT ARRAY(SELECT jsonb_array_elements_text(told_text.groups)) AS groups) AS held
        WHERE e.account_id = account AND e.id = event_id AND is_told_to(e, held.groups));
