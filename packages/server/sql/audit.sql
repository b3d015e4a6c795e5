CREATE OR REPLACE TRIGGER enter_audit_order BEFORE INSERT ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();
COMMENT ON TRIGGER enter_audit_order ON audit_entry IS
'An entry has a place in the order of events: whoever follows it misses none that commits later, and an entry is next to the events of its change.';

CREATE OR REPLACE FUNCTION keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    -- Rows move from there into the partition of their day.
    IF TG_TABLE_NAME = 'audit_entry_default' THEN RETURN OLD; END IF;
  ELSIF OLD.hash IS NULL THEN
    OLD.number := NEW.number;
    OLD.previous := NEW.previous;
    OLD.hash := NEW.hash;
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'An entry of the audit trail is neither changed nor deleted';
END $$;

CREATE OR REPLACE TRIGGER keep_audit_entry BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION keep_audit_entry();
COMMENT ON TRIGGER keep_audit_entry ON audit_entry IS
'An entry of the audit trail gets its place in the chain once, and is neither changed nor deleted: it is dropped with its day.';

-- What the chain proves. It must never change: entries of before would no longer have their hashes.
CREATE OR REPLACE FUNCTION audit_hash(e audit_entry, number bigint, previous bytea) RETURNS bytea LANGUAGE sql STABLE
RETURN sha256(convert_to(CASE WHEN e.repeats IS NULL
  THEN json_build_array(number, encode(previous, 'hex'), e.account_id, e.id, iso_time(e.time), e.actor_kind,
    e.actor_id, e.action, e.subject_kind, e.subject_id, e.address, e.user_agent, e.request_id, e.refusal, e.before, e.after)
  ELSE json_build_array(number, encode(previous, 'hex'), e.account_id, e.id, iso_time(e.time), e.actor_kind,
    e.actor_id, e.action, e.subject_kind, e.subject_id, e.address, e.user_agent, e.request_id, e.refusal, e.before, e.after, e.repeats)
  END::text, 'UTF8'));

-- Chains entries that nothing can come before any more, each to the one before of its account. @returns how many.
CREATE OR REPLACE FUNCTION chain_audit(most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  behind CONSTANT text := event_horizon();
  e audit_entry;
  head audit_chain;
  chained int := 0;
BEGIN
  FOR e IN
    SELECT * FROM (SELECT * FROM audit_entry WHERE hash IS NULL AND id < behind ORDER BY id LIMIT most) AS next ORDER BY account_id, id
  LOOP
    IF head.account_id IS DISTINCT FROM e.account_id THEN
      PERFORM move_audit_chain(head);
      INSERT INTO audit_chain (account_id) VALUES (e.account_id) ON CONFLICT DO NOTHING;
      SELECT * INTO head FROM audit_chain WHERE account_id = e.account_id FOR UPDATE;
    END IF;
    UPDATE audit_entry SET number = head.number + 1, previous = head.hash, hash = audit_hash(e, head.number + 1, head.hash)
    WHERE account_id = e.account_id AND id = e.id AND time = e.time AND hash IS NULL;
    -- Another node has chained it meanwhile.
    CONTINUE WHEN NOT FOUND;
    head.number := head.number + 1;
    head.hash := audit_hash(e, head.number, head.hash);
    chained := chained + 1;
  END LOOP;
  PERFORM move_audit_chain(head);
  RETURN chained;
END $$;

CREATE OR REPLACE FUNCTION move_audit_chain(head audit_chain) RETURNS void LANGUAGE sql VOLATILE
BEGIN ATOMIC
  UPDATE audit_chain SET number = head.number, hash = head.hash WHERE account_id = head.account_id;
END;

-- A document of the trail with what its hashes stand for, as far as that is known.
CREATE OR REPLACE FUNCTION with_identities(account uuid, document jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
  told text := document::text;
  identity record;
BEGIN
  IF strpos(told, 'hash:') = 0 THEN RETURN document; END IF;
  FOR identity IN
    SELECT i.token, substr(to_json(i.value)::text, 2, length(to_json(i.value)::text) - 2) AS value FROM audit_identity AS i
    WHERE i.account_id = account
      AND i.token IN (SELECT DISTINCT t[1] FROM regexp_matches(told, 'hash:[A-Za-z0-9_-]{43}', 'g') AS t)
  LOOP
    told := replace(told, identity.token, identity.value);
  END LOOP;
  RETURN told::jsonb;
END $$;

CREATE OR REPLACE VIEW audit_document AS
SELECT account_id, id, time, actor_id, action, subject_id, json_strip_nulls(json_build_object(
  'id', id, 'time', iso_time(time),
  'actor', with_name(account_id, jsonb_build_object('kind', actor_kind, 'id', actor_id)),
  'action', action,
  'subject', CASE WHEN subject_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                  THEN with_name(account_id, jsonb_build_object('kind', subject_kind, 'id', subject_id))
                  ELSE with_identities(account_id, jsonb_build_object('kind', subject_kind, 'id', subject_id)) END,
  'address', address, 'userAgent', user_agent, 'requestId', request_id, 'refusal', refusal, 'repeats', repeats,
  'before', with_identities(account_id, before), 'after', with_identities(account_id, after),
  'number', number, 'previousHash', encode(previous, 'hex'), 'hash', encode(hash, 'hex'))) AS document
FROM audit_entry;

-- Entries as events, for webhooks that ask for them.
CREATE OR REPLACE VIEW audit_event AS
SELECT account_id, id, CASE WHEN refusal IS NULL THEN 'audit.recorded' ELSE 'audit.refused' END AS type, time FROM audit_entry;

CREATE OR REPLACE VIEW audit_event_document AS
SELECT e.account_id, e.id, json_build_object(
  'id', e.id, 'type', e.type, 'time', d.document -> 'time', 'actor', d.document -> 'actor', 'subject', d.document -> 'subject',
  'data', d.document::jsonb - '{id,time,actor,subject,number,previousHash,hash}'::text[]) AS document
FROM audit_event AS e JOIN audit_document AS d ON d.account_id = e.account_id AND d.id = e.id;
