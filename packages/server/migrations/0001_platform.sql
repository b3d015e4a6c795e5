-- Every table leads with account_id: rows of one account lie together, and the tables can be distributed by it.
-- A view named *_document yields the contract's JSON of a resource as text, beside the key it is paged by.

CREATE FUNCTION iso_time(moment timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

CREATE FUNCTION path_segment(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF name ~ '^[A-Za-z0-9_.~-]*$' THEN RETURN name; END IF;
  RETURN (
    SELECT string_agg(CASE WHEN letter ~ '^[A-Za-z0-9_.~-]$' THEN letter
                           ELSE upper(regexp_replace(encode(convert_to(letter, 'UTF8'), 'hex'), '(..)', '%\1', 'g')) END,
                      '' ORDER BY place)
    FROM regexp_split_to_table(name, '') WITH ORDINALITY AS t (letter, place));
END $$;

CREATE TABLE account (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT account_name UNIQUE,
  -- The first account belongs to whoever runs the platform; it alone sees what concerns every account.
  is_operator boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_key (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL CONSTRAINT api_key_hash UNIQUE,
  scopes text[] NOT NULL,
  allowed_ips text[],
  rate_limit jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  deleted_at timestamptz,
  PRIMARY KEY (account_id, id)
);
-- Each node looks here several times a second for keys to forget.
CREATE INDEX api_key_deleted ON api_key (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE VIEW api_key_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'name', name, 'prefix', prefix, 'scopes', scopes, 'createdAt', iso_time(created_at),
  'expiresAt', iso_time(expires_at), 'lastUsedAt', iso_time(last_used_at), 'allowedIps', allowed_ips,
  'rateLimit', rate_limit, 'self', '/v1/default/apikey/' || id)) AS document
FROM api_key WHERE deleted_at IS NULL;

CREATE TABLE idempotency (
  account_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  body_hash bytea NOT NULL,
  status smallint NOT NULL,
  -- Encrypted: answers may hold secrets that are otherwise kept only as hashes.
  answer bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Counts are exact and never contended: a change appends a difference in its own transaction, a job folds the
-- differences into the counter, and a reader adds up both.
CREATE TABLE counter (
  account_id uuid NOT NULL,
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  value bigint NOT NULL,
  PRIMARY KEY (account_id, kind, key)
);
CREATE TABLE counter_difference (
  account_id uuid NOT NULL,
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  value int NOT NULL
);
CREATE INDEX counter_difference_key ON counter_difference (account_id, kind, key);

CREATE VIEW counter_total AS
SELECT account_id, kind, key, sum(value)::bigint AS value
FROM (SELECT account_id, kind, key, value FROM counter
      UNION ALL SELECT account_id, kind, key, value FROM counter_difference) AS both_parts
GROUP BY account_id, kind, key;

CREATE TABLE device_group (
  account_id uuid NOT NULL REFERENCES account,
  name text COLLATE "C" NOT NULL,
  description text NOT NULL DEFAULT '',
  -- The family of the devices in it, once there are any; `unassigned` holds all families and has none.
  family text,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT group_name PRIMARY KEY (account_id, name)
);

CREATE VIEW group_document AS
SELECT account_id, name, json_strip_nulls(json_build_object(
  'name', name, 'description', description, 'createdAt', iso_time(created_at),
  'self', '/v1/default/group/' || path_segment(name))) AS document
FROM device_group;

CREATE TABLE enrollment (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  token_hash bytea NOT NULL CONSTRAINT enrollment_token UNIQUE,
  group_name text COLLATE "C",
  expires_at timestamptz,
  max_uses int,
  note text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id),
  -- A token whose group is deleted enrols into `unassigned` from then on.
  FOREIGN KEY (account_id, group_name) REFERENCES device_group ON DELETE SET NULL (group_name)
);
CREATE INDEX enrollment_group ON enrollment (account_id, group_name);

CREATE VIEW enrollment_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'self', '/v1/default/enrollment/' || id, 'group', coalesce(group_name, 'unassigned'),
  'expiresAt', iso_time(expires_at), 'maxUses', max_uses,
  'uses', coalesce((SELECT value FROM counter_total AS c
                    WHERE c.account_id = e.account_id AND c.kind = 'enrollment' AND c.key = e.id::text), 0),
  'note', note, 'createdAt', iso_time(created_at))) AS document
FROM enrollment AS e;

CREATE TABLE device (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  name text NOT NULL,
  serialnumber text COLLATE "C" NOT NULL,
  family text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  enrollment_id uuid,
  -- SHA-256 in hexadecimal.
  secret_hash text NOT NULL,
  -- The part of the document that check-ins do not touch.
  identity text NOT NULL,
  boot_id text,
  imei text COLLATE "C",
  -- What the device reports, each member as it stands in the document: ',"battery":{"level":"81"}', or nothing.
  battery text NOT NULL DEFAULT '',
  os text NOT NULL DEFAULT '',
  connection text NOT NULL DEFAULT '',
  apps text NOT NULL DEFAULT '',
  os_release text,
  iccids text[],
  update_checked_at timestamptz,
  reset_at timestamptz,
  last_checkin timestamptz NOT NULL DEFAULT now(),
  -- The same as the document has it: writing it out for each reader costs more than everything else in a document.
  last_checkin_text text NOT NULL DEFAULT iso_time(now()),
  online boolean NOT NULL DEFAULT true,
  -- A lower bound of last_checkin that is moved up only when the presence sweep comes by. Indexing it in place of
  -- last_checkin keeps check-ins heap-only updates, and still finds the devices that have been silent.
  presence_mark timestamptz NOT NULL DEFAULT now(),
  os_updated boolean NOT NULL DEFAULT true,
  apps_updated boolean NOT NULL DEFAULT true,
  project_updated boolean NOT NULL DEFAULT true,
  head text NOT NULL GENERATED ALWAYS AS (
    ',"lastcheckin":"' || last_checkin_text || CASE WHEN online THEN '","online":true' ELSE '","online":false' END ||
    CASE WHEN os_updated AND apps_updated AND project_updated
         THEN ',"status":{"osUpdated":true,"appsUpdated":true,"projectUpdated":true}'
         ELSE ',"status":{"osUpdated":' || CASE WHEN os_updated THEN 'true' ELSE 'false' END ||
              ',"appsUpdated":' || CASE WHEN apps_updated THEN 'true' ELSE 'false' END ||
              ',"projectUpdated":' || CASE WHEN project_updated THEN 'true' ELSE 'false' END || '}' END ||
    coalesce(',"imei":"' || imei || '"', '') || battery) STORED,
  PRIMARY KEY (account_id, id),
  CONSTRAINT device_serialnumber UNIQUE (account_id, serialnumber),
  CONSTRAINT device_group FOREIGN KEY (account_id, group_name) REFERENCES device_group
) WITH (fillfactor = 70, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05);

-- For look-ups alone: a b-tree would tempt the planner to walk the devices of every account in order.
CREATE INDEX device_by_id ON device USING hash (id);
CREATE INDEX device_by_group ON device (account_id, group_name, id);
CREATE INDEX device_by_family ON device (account_id, family, id);
CREATE INDEX device_by_name ON device (account_id, name, id);
CREATE INDEX device_by_imei ON device (account_id, imei text_pattern_ops, id) WHERE imei IS NOT NULL;
CREATE INDEX device_by_name_prefix ON device (account_id, lower(name) text_pattern_ops);
CREATE INDEX device_by_serialnumber_prefix ON device (account_id, lower(serialnumber) text_pattern_ops);
CREATE INDEX device_by_iccid ON device USING gin (iccids);
CREATE INDEX device_online ON device (account_id, id) WHERE online;
CREATE INDEX device_offline ON device (account_id, id) WHERE NOT online;
CREATE INDEX device_offline_by_group ON device (account_id, group_name, id) WHERE NOT online;
CREATE INDEX device_offline_by_family ON device (account_id, family, id) WHERE NOT online;
CREATE INDEX device_by_presence ON device (account_id, presence_mark);
CREATE INDEX device_presence_due ON device (presence_mark) WHERE online;

-- A trigger and not a generated column: PostgreSQL would read the expression anew in every check-in (13 % of its time).
CREATE FUNCTION write_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.identity := '"id":"' || NEW.id || '","self":"/v1/default/device/' || NEW.id || '","name":' || to_json(NEW.name) ||
    ',"serialnumber":' || to_json(NEW.serialnumber) || ',"family":' || to_json(NEW.family) ||
    ',"createdAt":"' || iso_time(NEW.created_at) || '","group":{"name":' || to_json(NEW.group_name) ||
    ',"self":"/v1/default/group/' || path_segment(NEW.group_name) || '"}';
  RETURN NEW;
END $$;
CREATE TRIGGER write_identity BEFORE INSERT OR UPDATE OF name, serialnumber, family, group_name, created_at ON device
FOR EACH ROW EXECUTE FUNCTION write_identity();

-- The longest piece last: each concatenation copies what it has.
CREATE VIEW device_document AS
SELECT *, '{' || identity || head || os || (connection || (apps || '}')) AS document FROM device;

CREATE FUNCTION device_counters(d device) RETURNS TABLE (kind text, key text) LANGUAGE sql IMMUTABLE AS $$
  VALUES ('devices', ''), ('group', d.group_name), ('family', d.family), ('release', d.os_release),
         ('online', CASE WHEN d.online THEN '' END),
         ('outOfDate', CASE WHEN NOT (d.os_updated AND d.apps_updated AND d.project_updated) THEN '' END)
$$;

CREATE FUNCTION count_devices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter_difference
  SELECT coalesce(NEW.account_id, OLD.account_id), kind, key, sum(difference)
  FROM (SELECT -1 AS difference, * FROM device_counters(OLD) WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT 1, * FROM device_counters(NEW) WHERE TG_OP <> 'DELETE') AS change
  WHERE key IS NOT NULL
  GROUP BY kind, key HAVING sum(difference) <> 0;
  RETURN NULL;
END $$;

CREATE TRIGGER count_devices AFTER INSERT OR DELETE ON device FOR EACH ROW EXECUTE FUNCTION count_devices();
CREATE TRIGGER recount_devices AFTER UPDATE ON device FOR EACH ROW
WHEN (OLD.online <> NEW.online OR OLD.group_name <> NEW.group_name OR OLD.family <> NEW.family
      OR OLD.os_release IS DISTINCT FROM NEW.os_release OR OLD.os_updated <> NEW.os_updated
      OR OLD.apps_updated <> NEW.apps_updated OR OLD.project_updated <> NEW.project_updated)
EXECUTE FUNCTION count_devices();

-- By day of arrival, not by the device's own clock: a day is dropped whole when it is past its retention.
CREATE TABLE device_location (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  accuracy double precision,
  altitude double precision,
  provider text
) PARTITION BY RANGE (received_at);
CREATE INDEX device_location_newest ON device_location (account_id, device_id, recorded_at DESC);
CREATE TABLE device_location_default PARTITION OF device_location DEFAULT;

CREATE VIEW location_document AS
SELECT account_id, device_id, recorded_at, json_strip_nulls(json_build_object(
  'latitude', latitude, 'longitude', longitude, 'accuracy', accuracy, 'altitude', altitude, 'provider', provider,
  'recordedAt', iso_time(recorded_at))) AS document
FROM device_location;
