CREATE OR REPLACE VIEW group_document AS
SELECT account_id, name, json_strip_nulls(json_build_object(
  'name', name, 'description', description, 'createdAt', iso_time(created_at),
  'self', '/v1/default/group/' || path_segment(name))) AS document
FROM device_group;

-- Forgets a portion of what a deleted group left, and says whether there may be more: its deployments are canceled, its tokens
-- are those of `unassigned`. Its mark is locked, as a group that is made anew under the name takes the mark away.
CREATE OR REPLACE FUNCTION forget_group(account uuid, gone text, most int) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  canceled int;
  freed int;
BEGIN
  PERFORM FROM deleted_group WHERE account_id = account AND name = gone FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE deployment SET state = 'canceled', reason = 'group_deleted', finished_at = coalesce(finished_at, now())
  WHERE account_id = account AND id = ANY (ARRAY(
    SELECT id FROM deployment WHERE account_id = account AND group_name = gone AND state <> 'canceled' LIMIT most));
  GET DIAGNOSTICS canceled = ROW_COUNT;
  UPDATE enrollment SET group_name = NULL WHERE account_id = account AND id = ANY (ARRAY(
    SELECT id FROM enrollment WHERE account_id = account AND group_name = gone LIMIT most));
  GET DIAGNOSTICS freed = ROW_COUNT;
  IF canceled = most OR freed = most THEN RETURN true; END IF;
  DELETE FROM deleted_group WHERE account_id = account AND name = gone;
  RETURN false;
END $$;

CREATE OR REPLACE FUNCTION mark_deleted_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deleted_group VALUES (OLD.account_id, OLD.name);
  RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER mark_deleted_group AFTER DELETE ON device_group FOR EACH ROW EXECUTE FUNCTION mark_deleted_group();
COMMENT ON TRIGGER mark_deleted_group ON device_group IS
'The deployments of a deleted group are canceled, and its tokens enroll into the group unassigned, portion by portion.';

CREATE OR REPLACE FUNCTION forget_earlier_group() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM forget_group(NEW.account_id, NEW.name, NULL);
  RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER forget_earlier_group BEFORE INSERT ON device_group FOR EACH ROW EXECUTE FUNCTION forget_earlier_group();
COMMENT ON TRIGGER forget_earlier_group ON device_group IS
'A group that is made anew under an old name has nothing of the old one.';
