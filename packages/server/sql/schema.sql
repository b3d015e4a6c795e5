-- What a migrated database has. Written by `npm run schema`; not to be edited. Bodies: see the other files here.

-- Types

CREATE TYPE new_event AS (
  account_id uuid,
  type text,
  actor jsonb,
  subject jsonb,
  device_id uuid,
  data jsonb
);

-- Sequences

CREATE SEQUENCE event_epoch MINVALUE 0 MAXVALUE 9223372036854775807 START 0;
CREATE SEQUENCE event_order MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE event_serial MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE id_serial MINVALUE 0 MAXVALUE 4095 START 0 CYCLE;

-- Tables. Partitions are made while the program runs, and are not here

CREATE TABLE account (
  id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  is_operator boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  totp_required boolean NOT NULL DEFAULT false,
  CONSTRAINT account_name UNIQUE (name),
  CONSTRAINT account_pkey PRIMARY KEY (id)
);

CREATE TABLE api_key (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  prefix text NOT NULL,
  hash bytea NOT NULL,
  scopes text[] NOT NULL,
  allowed_ips text[],
  rate_limit jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  deleted_at timestamp with time zone,
  CONSTRAINT api_key_hash UNIQUE (hash),
  CONSTRAINT api_key_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT api_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX api_key_deleted ON api_key USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name ON api_key FOR EACH ROW EXECUTE FUNCTION keep_principal_name();

CREATE TABLE app_user (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  email text COLLATE "C" NOT NULL,
  name text,
  scopes text[] NOT NULL,
  password_hash text,
  totp_secret bytea,
  totp_pending bytea,
  totp_step bigint NOT NULL DEFAULT 0,
  token_generation integer NOT NULL DEFAULT 0,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  joined_at timestamp with time zone,
  disabled_at timestamp with time zone,
  last_sign_in_at timestamp with time zone,
  changed_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamp with time zone,
  CONSTRAINT app_user_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT app_user_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX user_by_email ON app_user USING btree (email) WHERE (deleted_at IS NULL);
CREATE INDEX user_changed ON app_user USING btree (changed_at);
CREATE UNIQUE INDEX user_email ON app_user USING btree (account_id, email) WHERE (deleted_at IS NULL);
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name, email ON app_user FOR EACH ROW EXECUTE FUNCTION keep_principal_name();
CREATE TRIGGER note_user_change BEFORE UPDATE OF scopes, token_generation, disabled_at, deleted_at ON app_user FOR EACH ROW EXECUTE FUNCTION note_user_change();

CREATE TABLE artifact (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  sha256 text NOT NULL,
  facts json,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT artifact_version UNIQUE (account_id, type, name, version),
  CONSTRAINT artifact_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT artifact_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT artifact_sha256_fkey FOREIGN KEY (sha256) REFERENCES storage_object(sha256),
  CONSTRAINT artifact_type CHECK ((type = ANY (ARRAY['apk'::text, 'config'::text, 'media'::text, 'ota'::text])))
);
CREATE INDEX artifact_by_name ON artifact USING btree (account_id, type, name, id);
CREATE INDEX artifact_content ON artifact USING btree (sha256);

CREATE TABLE batch (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  total integer NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  created_by jsonb,
  is_counted boolean NOT NULL DEFAULT true,
  canceled_at timestamp with time zone,
  canceled_by jsonb,
  is_canceling boolean NOT NULL DEFAULT false,
  CONSTRAINT batch_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT batch_type CHECK ((type = ANY (ARRAY['refresh'::text, 'check'::text, 'reboot'::text, 'shutdown'::text, 'wipe'::text, 'application'::text, 'refurbish'::text])))
);
CREATE INDEX batch_canceling ON batch USING btree (account_id, id) WHERE is_canceling;
CREATE TRIGGER forget_batch_counts AFTER DELETE ON batch REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION forget_batch_counts();

CREATE TABLE batch_queueing (
  account_id uuid NOT NULL,
  batch_id uuid NOT NULL,
  target jsonb NOT NULL,
  payload text,
  expires_at timestamp with time zone,
  after_device uuid NOT NULL,
  is_total_known boolean NOT NULL,
  CONSTRAINT batch_queueing_pkey PRIMARY KEY (account_id, batch_id),
  CONSTRAINT batch_queueing_account_id_batch_id_fkey FOREIGN KEY (account_id, batch_id) REFERENCES batch(account_id, id) ON DELETE CASCADE
);

CREATE TABLE build (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  project text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  mason_version text,
  submitted_at bigint NOT NULL,
  state text NOT NULL DEFAULT 'SUBMITTED'::text,
  errors text[],
  manifest json,
  requested_by jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  CONSTRAINT build_submitted UNIQUE (account_id, submitted_at),
  CONSTRAINT build_version UNIQUE (account_id, project, version),
  CONSTRAINT build_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT build_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT build_account_id_project_fkey FOREIGN KEY (account_id, project) REFERENCES project(account_id, name),
  CONSTRAINT build_state CHECK ((state = ANY (ARRAY['SUBMITTED'::text, 'COMPLETED'::text, 'FAILED'::text])))
);
CREATE INDEX build_of_project ON build USING btree (account_id, project, id);

CREATE TABLE card_to_unify (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  CONSTRAINT card_to_unify_pkey PRIMARY KEY (account_id, iccid)
);

CREATE TABLE command_count (
  is_only boolean NOT NULL DEFAULT true,
  since timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT command_count_pkey PRIMARY KEY (is_only),
  CONSTRAINT command_count_is_only_check CHECK (is_only)
);

CREATE TABLE counter (
  account_id uuid NOT NULL,
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  value bigint NOT NULL,
  CONSTRAINT counter_pkey PRIMARY KEY (account_id, kind, key)
);

CREATE TABLE counter_difference (
  account_id uuid NOT NULL,
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  value integer NOT NULL
);
CREATE INDEX counter_difference_key ON counter_difference USING btree (account_id, kind, key);

CREATE TABLE deleted_group (
  account_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  CONSTRAINT deleted_group_pkey PRIMARY KEY (account_id, name),
  CONSTRAINT deleted_group_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE deployment (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  type text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  slot text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
CASE type
    WHEN 'apk'::text THEN ('apk/'::text || name)
    ELSE type
END) STORED,
  push boolean NOT NULL,
  steps integer[] NOT NULL,
  soak_minutes integer NOT NULL,
  max_failure_percent integer NOT NULL,
  state text NOT NULL DEFAULT 'running'::text,
  reason text,
  step integer NOT NULL DEFAULT 0,
  step_entered_at timestamp with time zone,
  content jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  min_success_percent integer NOT NULL DEFAULT 50,
  step_timeout_minutes integer,
  has_passed boolean NOT NULL DEFAULT false,
  period integer NOT NULL DEFAULT 1,
  unplaced integer NOT NULL DEFAULT 0,
  created_by jsonb,
  is_placed boolean NOT NULL DEFAULT false,
  placed_through uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  to_tell integer NOT NULL DEFAULT 0,
  told_through integer NOT NULL DEFAULT 0,
  to_withdraw boolean NOT NULL DEFAULT false,
  withdrawn_through uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  held_up uuid[] NOT NULL DEFAULT '{}'::uuid[],
  CONSTRAINT deployment_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT deployment_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT deployment_state CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'finished'::text, 'canceled'::text]))),
  CONSTRAINT deployment_type CHECK ((type = ANY (ARRAY['apk'::text, 'config'::text, 'ota'::text])))
);
CREATE INDEX deployment_live ON deployment USING btree (account_id, group_name) WHERE (state <> 'canceled'::text);
CREATE INDEX deployment_of_group ON deployment USING btree (account_id, group_name, slot, id);
CREATE INDEX deployment_running ON deployment USING btree (id) WHERE (state = 'running'::text);
CREATE INDEX deployment_to_withdraw ON deployment USING btree (id) WHERE to_withdraw;
CREATE INDEX deployment_unplaced ON deployment USING btree (account_id, group_name) WHERE (NOT is_placed);
CREATE TRIGGER count_roll_out AFTER INSERT OR DELETE ON deployment FOR EACH ROW EXECUTE FUNCTION count_roll_out();
CREATE TRIGGER recount_roll_out AFTER UPDATE OF state ON deployment FOR EACH ROW WHEN ((old.state <> new.state)) EXECUTE FUNCTION count_roll_out();
COMMENT ON COLUMN deployment.step_entered_at IS 'Since when the step has been waiting: its beginning, or the last time that somebody resumed it';
COMMENT ON COLUMN deployment.unplaced IS 'When it was canceled: how many devices it was for that had no row yet';
COMMENT ON COLUMN deployment.is_placed IS 'Whether every device that it is for has a row';
COMMENT ON COLUMN deployment.placed_through IS 'The devices of the group up to this id have a row';
COMMENT ON COLUMN deployment.to_tell IS 'To how many devices it is still to be offered in this step; in the last one to all that wait';
COMMENT ON COLUMN deployment.told_through IS 'No device before this place waits';
COMMENT ON COLUMN deployment.to_withdraw IS 'It was canceled, and may still be in the desired state of devices that do not have it';
COMMENT ON COLUMN deployment.withdrawn_through IS 'It was withdrawn from devices up to this id, except those that are held up';
COMMENT ON COLUMN deployment.held_up IS 'Devices that somebody else had locked when it was to be withdrawn from them';

CREATE TABLE deployment_device (
  account_id uuid NOT NULL,
  deployment_id uuid NOT NULL,
  device_id uuid NOT NULL,
  place integer,
  state text NOT NULL DEFAULT 'waiting'::text,
  reason text,
  told_at timestamp with time zone,
  finished_at timestamp with time zone,
  step integer,
  period integer,
  has_left boolean NOT NULL DEFAULT false,
  CONSTRAINT deployment_device_pkey PRIMARY KEY (account_id, deployment_id, device_id),
  CONSTRAINT deployment_device_state CHECK ((state = ANY (ARRAY['waiting'::text, 'told'::text, 'succeeded'::text, 'failed'::text])))
) WITH (fillfactor=80);
CREATE INDEX deployment_of_device ON deployment_device USING btree (account_id, device_id, deployment_id);
CREATE INDEX deployment_success ON deployment_device USING btree (account_id, deployment_id, step, finished_at) WHERE (state = 'succeeded'::text);
CREATE INDEX deployment_waiting ON deployment_device USING btree (account_id, deployment_id, place, device_id) WHERE (state = 'waiting'::text);
CREATE TRIGGER count_told AFTER INSERT ON deployment_device REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
CREATE TRIGGER discount_told AFTER DELETE ON deployment_device REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
CREATE TRIGGER recount_told AFTER UPDATE ON deployment_device REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION count_deployment_devices();
COMMENT ON COLUMN deployment_device.place IS 'Its place in the order of offers; 2147483647 if it joined the group later';

CREATE TABLE desired_state (
  account_id uuid NOT NULL,
  revision text NOT NULL,
  document jsonb NOT NULL,
  parts jsonb NOT NULL,
  apps jsonb NOT NULL,
  project text,
  project_version text,
  os_release text,
  CONSTRAINT desired_state_pkey PRIMARY KEY (account_id, revision)
);

CREATE TABLE device (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  serialnumber text COLLATE "C" NOT NULL,
  family text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  enrollment_id uuid,
  secret_hash text NOT NULL,
  identity text NOT NULL,
  boot_id text,
  imei text COLLATE "C",
  battery text NOT NULL DEFAULT ''::text,
  os text NOT NULL DEFAULT ''::text,
  connection text NOT NULL DEFAULT ''::text,
  apps text NOT NULL DEFAULT ''::text,
  os_release text,
  iccids text[],
  update_checked_at timestamp with time zone,
  reset_at timestamp with time zone,
  last_checkin timestamp with time zone NOT NULL DEFAULT now(),
  last_checkin_text text NOT NULL DEFAULT iso_time(now()),
  online boolean NOT NULL DEFAULT true,
  presence_mark timestamp with time zone NOT NULL DEFAULT now(),
  os_updated boolean NOT NULL DEFAULT true,
  apps_updated boolean NOT NULL DEFAULT true,
  project_updated boolean NOT NULL DEFAULT true,
  head text NOT NULL GENERATED ALWAYS AS ((((((',"lastcheckin":"'::text || last_checkin_text) ||
CASE
    WHEN online THEN '","online":true'::text
    ELSE '","online":false'::text
END) ||
CASE
    WHEN (os_updated AND apps_updated AND project_updated) THEN ',"status":{"osUpdated":true,"appsUpdated":true,"projectUpdated":true}'::text
    ELSE ((((((',"status":{"osUpdated":'::text ||
    CASE
        WHEN os_updated THEN 'true'::text
        ELSE 'false'::text
    END) || ',"appsUpdated":'::text) ||
    CASE
        WHEN apps_updated THEN 'true'::text
        ELSE 'false'::text
    END) || ',"projectUpdated":'::text) ||
    CASE
        WHEN project_updated THEN 'true'::text
        ELSE 'false'::text
    END) || '}'::text)
END) || COALESCE(((',"imei":"'::text || imei) || '"'::text), ''::text)) || battery)) STORED,
  gateway uuid,
  online_since timestamp with time zone NOT NULL DEFAULT now(),
  presence_due timestamp with time zone NOT NULL DEFAULT now(),
  desired text,
  is_settled boolean NOT NULL DEFAULT true,
  report_faults text,
  has_conflict boolean NOT NULL DEFAULT false,
  past_boots text[],
  past_imeis text[],
  enrolled_imei text COLLATE "C",
  has_reported boolean NOT NULL DEFAULT true,
  CONSTRAINT device_serialnumber UNIQUE (account_id, serialnumber),
  CONSTRAINT device_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT device_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT device_group FOREIGN KEY (account_id, group_name) REFERENCES device_group(account_id, name)
) WITH (fillfactor=70, toast_tuple_target=8160, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX device_at_gateway ON device USING btree (gateway) WHERE (gateway IS NOT NULL);
CREATE INDEX device_by_family ON device USING btree (account_id, family, id);
CREATE INDEX device_by_group ON device USING btree (account_id, group_name, id);
CREATE INDEX device_by_iccid ON device USING gin (iccids) WITH (fastupdate=off);
CREATE INDEX device_by_id ON device USING hash (id);
CREATE INDEX device_by_imei ON device USING btree (account_id, imei text_pattern_ops, id) WHERE (imei IS NOT NULL);
CREATE INDEX device_by_name ON device USING btree (account_id, name, id);
CREATE INDEX device_by_name_start ON device USING btree (account_id, search_text(name) text_pattern_ops);
CREATE INDEX device_by_presence ON device USING btree (account_id, presence_mark);
CREATE INDEX device_by_serialnumber_start ON device USING btree (account_id, search_text(serialnumber) text_pattern_ops);
CREATE INDEX device_offline ON device USING btree (account_id, id) WHERE (NOT online);
CREATE INDEX device_offline_by_family ON device USING btree (account_id, family, id) WHERE (NOT online);
CREATE INDEX device_offline_by_group ON device USING btree (account_id, group_name, id) WHERE (NOT online);
CREATE INDEX device_online ON device USING btree (account_id, id) WHERE online;
CREATE INDEX device_online_by_presence ON device USING btree (account_id, presence_mark) WHERE online;
CREATE INDEX device_presence_due ON device USING btree (presence_due) WHERE online;
CREATE TRIGGER begin_heartbeat AFTER INSERT ON device REFERENCING NEW TABLE AS new_devices FOR EACH STATEMENT EXECUTE FUNCTION begin_heartbeat();
CREATE TRIGGER count_devices AFTER INSERT OR DELETE ON device FOR EACH ROW EXECUTE FUNCTION count_devices();
CREATE TRIGGER device_deleted AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION note_ended_credential();
CREATE TRIGGER device_secret AFTER UPDATE OF secret_hash ON device FOR EACH ROW WHEN ((old.secret_hash <> new.secret_hash)) EXECUTE FUNCTION note_ended_credential();
CREATE TRIGGER follow_presence AFTER UPDATE OF online ON device FOR EACH ROW WHEN ((old.online <> new.online)) EXECUTE FUNCTION follow_presence();
CREATE TRIGGER follow_presence_and_checkin AFTER UPDATE OF last_checkin ON device FOR EACH ROW EXECUTE FUNCTION follow_checkin();
CREATE TRIGGER hold_back_sweep BEFORE UPDATE OF presence_due ON device FOR EACH ROW EXECUTE FUNCTION hold_back_sweep();
CREATE TRIGGER join_deployments AFTER UPDATE OF group_name ON device FOR EACH ROW WHEN ((old.group_name <> new.group_name)) EXECUTE FUNCTION join_deployments();
CREATE TRIGGER join_deployments_first AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION join_deployments();
CREATE TRIGGER keep_device_search AFTER UPDATE OF name, serialnumber, imei, iccids ON device FOR EACH ROW WHEN (((((old.name IS DISTINCT FROM new.name) OR (old.serialnumber IS DISTINCT FROM new.serialnumber)) OR (old.imei IS DISTINCT FROM new.imei)) OR (old.iccids IS DISTINCT FROM new.iccids))) EXECUTE FUNCTION keep_device_search();
CREATE TRIGGER keep_new_device_search AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION keep_device_search();
CREATE TRIGGER leave_deployments AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION leave_deployments();
CREATE TRIGGER recount_devices AFTER UPDATE ON device FOR EACH ROW WHEN (((old.online <> new.online) OR (old.group_name <> new.group_name) OR (old.family <> new.family) OR (old.os_release IS DISTINCT FROM new.os_release))) EXECUTE FUNCTION count_devices();
CREATE TRIGGER tie_sims AFTER UPDATE OF iccids, imei ON device FOR EACH ROW WHEN (((old.iccids IS DISTINCT FROM new.iccids) OR (old.imei IS DISTINCT FROM new.imei))) EXECUTE FUNCTION tie_sims();
CREATE TRIGGER untie_sims AFTER DELETE ON device FOR EACH ROW WHEN ((old.iccids IS NOT NULL)) EXECUTE FUNCTION tie_sims();
CREATE TRIGGER write_identity BEFORE INSERT OR UPDATE OF name, serialnumber, family, group_name, created_at, has_conflict, report_faults ON device FOR EACH ROW EXECUTE FUNCTION write_identity();

CREATE TABLE device_group (
  account_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text NOT NULL DEFAULT ''::text,
  family text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT group_name PRIMARY KEY (account_id, name),
  CONSTRAINT device_group_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE TRIGGER forget_earlier_group BEFORE INSERT ON device_group FOR EACH ROW EXECUTE FUNCTION forget_earlier_group();
CREATE TRIGGER mark_deleted_group AFTER DELETE ON device_group FOR EACH ROW EXECUTE FUNCTION mark_deleted_group();

CREATE TABLE device_location (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  received_at timestamp with time zone NOT NULL DEFAULT now(),
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  accuracy double precision,
  altitude double precision,
  provider text
) PARTITION BY RANGE (received_at);
CREATE INDEX device_location_arrival ON ONLY public.device_location USING btree (account_id, device_id, received_at DESC);

CREATE TABLE device_search (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  slice text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  CONSTRAINT device_search_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT device_search_account_id_id_fkey FOREIGN KEY (account_id, id) REFERENCES device(account_id, id) ON DELETE CASCADE
);
CREATE INDEX device_search_by_gram ON device_search USING gin (search_grams(account_id, slice, text)) WITH (gin_pending_list_limit='128');
CREATE INDEX device_search_by_slice ON device_search USING btree (account_id, slice);

CREATE TABLE device_usage_cursor (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  counted_until timestamp with time zone NOT NULL,
  sent bigint NOT NULL,
  received bigint NOT NULL,
  CONSTRAINT device_usage_cursor_pkey PRIMARY KEY (account_id, device_id),
  CONSTRAINT device_usage_cursor_account_id_device_id_fkey FOREIGN KEY (account_id, device_id) REFERENCES device(account_id, id) ON DELETE CASCADE
) WITH (fillfactor=70);

CREATE TABLE device_usage_day (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  CONSTRAINT device_usage_day_pkey PRIMARY KEY (account_id, iccid, day),
  CONSTRAINT device_usage_day_account_id_iccid_fkey FOREIGN KEY (account_id, iccid) REFERENCES sim(account_id, iccid)
) WITH (fillfactor=85);

CREATE TABLE encryption_key (
  is_only boolean NOT NULL DEFAULT true,
  check_value bytea NOT NULL,
  CONSTRAINT encryption_key_pkey PRIMARY KEY (is_only),
  CONSTRAINT encryption_key_is_only_check CHECK (is_only)
);

CREATE TABLE ended_device_credential (
  device_id uuid NOT NULL,
  secret_hash text NOT NULL,
  ended_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_device_credential_time ON ended_device_credential USING btree (ended_at);

CREATE TABLE enrollment (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  token_hash bytea NOT NULL,
  group_name text COLLATE "C",
  expires_at timestamp with time zone,
  max_uses integer,
  note text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  allow_takeover boolean NOT NULL DEFAULT false,
  CONSTRAINT enrollment_token UNIQUE (token_hash),
  CONSTRAINT enrollment_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT enrollment_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX enrollment_group ON enrollment USING btree (account_id, group_name);

CREATE TABLE event (
  account_id uuid NOT NULL,
  id text COLLATE "C" NOT NULL DEFAULT event_position((current_setting('mason.event_order'::text))::bigint, nextval('event_serial'::regclass)),
  type text NOT NULL,
  "time" timestamp with time zone NOT NULL DEFAULT now(),
  actor jsonb NOT NULL,
  subject jsonb NOT NULL,
  device_id uuid,
  data jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT event_pkey PRIMARY KEY (account_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX event_of_device ON ONLY public.event USING btree (account_id, device_id, id) WHERE (device_id IS NOT NULL);
CREATE INDEX event_of_type ON ONLY public.event USING btree (account_id, type text_pattern_ops, id);
CREATE INDEX event_time ON ONLY public.event USING brin ("time");
CREATE TRIGGER enter_event_order BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();
CREATE TRIGGER keep_event BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION keep_event();

CREATE TABLE export (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  format text NOT NULL,
  filters jsonb NOT NULL,
  state text NOT NULL DEFAULT 'queued'::text,
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  progress numeric NOT NULL DEFAULT 0,
  sha256 text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  CONSTRAINT export_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT export_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT export_sha256_fkey FOREIGN KEY (sha256) REFERENCES storage_object(sha256),
  CONSTRAINT export_format CHECK ((format = ANY (ARRAY['csv'::text, 'ndjson'::text]))),
  CONSTRAINT export_kind CHECK ((kind = ANY (ARRAY['device'::text, 'sim'::text, 'usage'::text]))),
  CONSTRAINT export_state CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX export_by_content ON export USING btree (sha256);
CREATE INDEX export_unfinished ON export USING btree (account_id) WHERE (finished_at IS NULL);

CREATE TABLE gateway (
  id uuid NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  up_since timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT gateway_pkey PRIMARY KEY (id)
);

CREATE TABLE guess (
  name bytea NOT NULL,
  level double precision NOT NULL,
  per_second double precision NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT guess_pkey PRIMARY KEY (name)
);

CREATE TABLE heartbeat (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  connection text NOT NULL DEFAULT ''::text,
  battery text NOT NULL DEFAULT ''::text,
  last_checkin timestamp with time zone NOT NULL DEFAULT now(),
  last_checkin_text text NOT NULL DEFAULT iso_time(now()),
  online boolean NOT NULL DEFAULT true,
  silent_since timestamp with time zone,
  CONSTRAINT heartbeat_pkey PRIMARY KEY (account_id, device_id),
  CONSTRAINT heartbeat_account_id_device_id_fkey FOREIGN KEY (account_id, device_id) REFERENCES device(account_id, id) ON DELETE CASCADE,
  CONSTRAINT heartbeat_silence CHECK ((online OR (silent_since IS NOT NULL)))
) WITH (fillfactor=70, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX heartbeat_silent ON heartbeat USING btree (account_id, silent_since) WHERE (silent_since IS NOT NULL);
CREATE INDEX heartbeat_silent_online ON heartbeat USING btree (account_id, silent_since) WHERE ((silent_since IS NOT NULL) AND online);

CREATE TABLE idempotency (
  account_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  body_hash bytea NOT NULL,
  status smallint NOT NULL,
  answer bytea NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_pkey PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_created ON idempotency USING btree (created_at);

CREATE TABLE known_place (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  mark bytea NOT NULL,
  used_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT known_place_pkey PRIMARY KEY (account_id, user_id, mark),
  CONSTRAINT known_place_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE
);

CREATE TABLE migration (
  version integer NOT NULL,
  name text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT migration_pkey PRIMARY KEY (version)
);

CREATE TABLE node (
  id uuid NOT NULL,
  version text NOT NULL,
  roles text[] NOT NULL,
  started_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT now(),
  is_draining boolean NOT NULL DEFAULT false,
  connections integer NOT NULL,
  event_lag_ms integer NOT NULL,
  host text NOT NULL DEFAULT ''::text,
  warnings text[] NOT NULL DEFAULT '{}'::text[],
  CONSTRAINT node_pkey PRIMARY KEY (id)
);

CREATE TABLE notification (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  device_id uuid NOT NULL,
  batch_id uuid,
  type text NOT NULL,
  payload text,
  state text NOT NULL,
  reason text,
  changed_by jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  delivered_at timestamp with time zone,
  acknowledged_at timestamp with time zone,
  finished_at timestamp with time zone,
  gateway uuid,
  boot_id text,
  known_time timestamp with time zone,
  CONSTRAINT notification_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT notification_state CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'acknowledged'::text, 'succeeded'::text, 'failed'::text, 'expired'::text, 'canceled'::text]))),
  CONSTRAINT notification_type CHECK ((type = ANY (ARRAY['refresh'::text, 'check'::text, 'reboot'::text, 'shutdown'::text, 'wipe'::text, 'application'::text, 'refurbish'::text])))
) WITH (fillfactor=80);
CREATE INDEX notification_due ON notification USING btree (expires_at) WHERE (finished_at IS NULL);
CREATE INDEX notification_in_state ON notification USING btree (account_id, ((state || ''::text)), id);
CREATE INDEX notification_of_batch ON notification USING btree (account_id, batch_id, id, state) WHERE (batch_id IS NOT NULL);
CREATE INDEX notification_of_device ON notification USING btree (account_id, device_id, id);
CREATE INDEX notification_of_type ON notification USING btree (account_id, ((type || ''::text)), id);
CREATE INDEX notification_open ON notification USING btree (account_id, device_id, id) WHERE (state = ANY (ARRAY['queued'::text, 'sent'::text, 'acknowledged'::text]));
CREATE INDEX notification_shutting_down ON notification USING btree (account_id, device_id) WHERE ((state = 'acknowledged'::text) AND (type = 'shutdown'::text));
CREATE INDEX notification_to_repeat_here ON notification USING btree (gateway, delivered_at) WHERE ((state = 'sent'::text) AND (gateway IS NOT NULL));
CREATE INDEX notification_to_send_here ON notification USING btree (gateway, id) WHERE ((state = 'queued'::text) AND (gateway IS NOT NULL));
CREATE TRIGGER count_batch_commands AFTER INSERT ON notification REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_batch_commands();
CREATE TRIGGER record_new_notifications AFTER INSERT ON notification REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();
CREATE TRIGGER record_notifications AFTER UPDATE ON notification REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_notifications();
CREATE TRIGGER recount_batch_commands AFTER UPDATE ON notification REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_batch_commands();

CREATE TABLE out_of_date_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  CONSTRAINT out_of_date_device_pkey PRIMARY KEY (account_id, device_id)
);

CREATE TABLE password_history (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hash text NOT NULL,
  set_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT password_history_pkey PRIMARY KEY (account_id, user_id, set_at),
  CONSTRAINT password_history_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE
);

CREATE TABLE pool_crossing (
  account_id uuid NOT NULL,
  month date NOT NULL,
  threshold integer NOT NULL,
  crossed_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT pool_crossing_pkey PRIMARY KEY (account_id, month, threshold),
  CONSTRAINT pool_crossing_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE presence_sweep (
  is_only boolean NOT NULL DEFAULT true,
  heard_since timestamp with time zone NOT NULL DEFAULT (now() - '00:15:00'::interval),
  CONSTRAINT presence_sweep_pkey PRIMARY KEY (is_only),
  CONSTRAINT presence_sweep_is_only CHECK (is_only)
);

CREATE TABLE principal_name (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  CONSTRAINT principal_name_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT principal_name_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE project (
  account_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT project_name PRIMARY KEY (account_id, name),
  CONSTRAINT project_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE queue_worker (
  id text NOT NULL,
  seen_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT queue_worker_pkey PRIMARY KEY (id)
);

CREATE TABLE recovery_code (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT recovery_code_pkey PRIMARY KEY (account_id, user_id, hash),
  CONSTRAINT recovery_code_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE
);

CREATE TABLE search_place (
  source text NOT NULL,
  account_id uuid NOT NULL,
  key text NOT NULL,
  CONSTRAINT search_place_pkey PRIMARY KEY (source)
);

CREATE TABLE signing_key (
  id text NOT NULL,
  public_key jsonb NOT NULL,
  private_key bytea NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT signing_key_pkey PRIMARY KEY (id)
);

CREATE TABLE sim (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  name text,
  imsi text COLLATE "C",
  msisdn text COLLATE "C",
  eid text COLLATE "C",
  carrier text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'ready'::text,
  state_reason text,
  pending_state text COLLATE "C",
  pending_reason text,
  pending_by jsonb,
  carrier_due timestamp with time zone,
  carrier_attempts integer NOT NULL DEFAULT 0,
  carrier_call uuid,
  data_limit_bytes bigint,
  data_limit_action text,
  imei_lock text COLLATE "C",
  device_id uuid,
  foreign_imei text COLLATE "C",
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  activated_at timestamp with time zone,
  CONSTRAINT sim_pkey PRIMARY KEY (account_id, iccid),
  CONSTRAINT sim_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT sim_data_limit_action CHECK ((data_limit_action = ANY (ARRAY['alert'::text, 'suspend'::text]))),
  CONSTRAINT sim_pending_state CHECK ((pending_state = ANY (ARRAY['ready'::text, 'active'::text, 'suspended'::text, 'deactivated'::text]))),
  CONSTRAINT sim_state CHECK ((state = ANY (ARRAY['ready'::text, 'active'::text, 'suspended'::text, 'deactivated'::text])))
) WITH (fillfactor=85);
CREATE INDEX sim_by_carrier ON sim USING btree (account_id, carrier, iccid);
CREATE INDEX sim_by_device ON sim USING btree (account_id, device_id, iccid) WHERE (device_id IS NOT NULL);
CREATE INDEX sim_by_iccid_prefix ON sim USING btree (account_id, iccid text_pattern_ops);
CREATE INDEX sim_by_imsi_prefix ON sim USING btree (account_id, imsi text_pattern_ops) WHERE (imsi IS NOT NULL);
CREATE INDEX sim_by_msisdn_prefix ON sim USING btree (account_id, msisdn text_pattern_ops) WHERE (msisdn IS NOT NULL);
CREATE INDEX sim_by_name_start ON sim USING btree (account_id, search_text(name) text_pattern_ops) WHERE (name IS NOT NULL);
CREATE INDEX sim_by_state ON sim USING btree (account_id, state, iccid);
CREATE INDEX sim_due ON sim USING btree (carrier_due) WHERE (pending_state IS NOT NULL);
CREATE INDEX sim_pending ON sim USING btree (account_id, carrier_due) WHERE (pending_state IS NOT NULL);
CREATE INDEX sim_with_limit ON sim USING btree (account_id, iccid) WHERE (data_limit_bytes IS NOT NULL);
CREATE TRIGGER check_imei_lock BEFORE INSERT OR UPDATE OF device_id, imei_lock ON sim FOR EACH ROW EXECUTE FUNCTION check_imei_lock();
CREATE TRIGGER judge_limit AFTER UPDATE ON sim FOR EACH ROW WHEN (((old.data_limit_bytes IS DISTINCT FROM new.data_limit_bytes) OR (old.data_limit_action IS DISTINCT FROM new.data_limit_action))) EXECUTE FUNCTION judge_limit();
CREATE TRIGGER keep_new_sim_search AFTER INSERT ON sim FOR EACH ROW EXECUTE FUNCTION keep_sim_search();
CREATE TRIGGER keep_sim_search AFTER UPDATE OF iccid, imsi, msisdn, name ON sim FOR EACH ROW WHEN (((((old.iccid IS DISTINCT FROM new.iccid) OR (old.imsi IS DISTINCT FROM new.imsi)) OR (old.msisdn IS DISTINCT FROM new.msisdn)) OR (old.name IS DISTINCT FROM new.name))) EXECUTE FUNCTION keep_sim_search();
CREATE TRIGGER record_sim_device AFTER UPDATE OF device_id, imei_lock ON sim FOR EACH ROW WHEN (((new.device_id IS DISTINCT FROM old.device_id) OR (new.foreign_imei IS NOT NULL))) EXECUTE FUNCTION record_sim_device();

CREATE TABLE sim_day_bound (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL,
  median bigint NOT NULL,
  bound bigint NOT NULL,
  is_crossed boolean NOT NULL DEFAULT false,
  CONSTRAINT sim_day_bound_pkey PRIMARY KEY (account_id, iccid, day)
);
CREATE INDEX sim_day_bound_day ON sim_day_bound USING btree (day);

CREATE TABLE sim_marker (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  from_day date NOT NULL DEFAULT '-infinity'::date,
  until_day date NOT NULL DEFAULT 'infinity'::date,
  CONSTRAINT sim_marker_pkey PRIMARY KEY (account_id, iccid, key, from_day) INCLUDE (value, until_day),
  CONSTRAINT sim_marker_account_id_iccid_fkey FOREIGN KEY (account_id, iccid) REFERENCES sim(account_id, iccid),
  CONSTRAINT sim_marker_check CHECK ((from_day < until_day))
);
CREATE INDEX sim_marker_by_key ON sim_marker USING btree (account_id, key, iccid);
CREATE INDEX sim_marker_by_value ON sim_marker USING btree (account_id, key, value, iccid);
CREATE TRIGGER recount_added AFTER INSERT ON sim_marker REFERENCING NEW TABLE AS new_marker FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
CREATE TRIGGER recount_changed AFTER UPDATE ON sim_marker REFERENCING OLD TABLE AS old_marker NEW TABLE AS new_marker FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();
CREATE TRIGGER recount_removed AFTER DELETE ON sim_marker REFERENCING OLD TABLE AS old_marker FOR EACH STATEMENT EXECUTE FUNCTION recount_markers();

CREATE TABLE sim_over_limit (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  month date NOT NULL,
  bytes bigint NOT NULL,
  action text NOT NULL,
  suspended boolean NOT NULL DEFAULT false,
  CONSTRAINT sim_over_limit_pkey PRIMARY KEY (account_id, iccid, month),
  CONSTRAINT sim_over_limit_account_id_iccid_fkey FOREIGN KEY (account_id, iccid) REFERENCES sim(account_id, iccid),
  CONSTRAINT sim_over_limit_action CHECK ((action = ANY (ARRAY['alert'::text, 'suspend'::text])))
);
CREATE INDEX sim_over_limit_suspended ON sim_over_limit USING btree (month) WHERE suspended;

CREATE TABLE sim_search (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  slice text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  CONSTRAINT sim_search_pkey PRIMARY KEY (account_id, iccid),
  CONSTRAINT sim_search_account_id_iccid_fkey FOREIGN KEY (account_id, iccid) REFERENCES sim(account_id, iccid) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX sim_search_by_gram ON sim_search USING gin (search_grams(account_id, slice, text)) WITH (gin_pending_list_limit='128');
CREATE INDEX sim_search_by_slice ON sim_search USING btree (account_id, slice);

CREATE TABLE sql_definition (
  name text NOT NULL,
  hash text NOT NULL,
  revision integer NOT NULL DEFAULT 0,
  CONSTRAINT sql_definition_pkey PRIMARY KEY (name)
);

CREATE TABLE storage_object (
  sha256 text NOT NULL,
  sha1 text NOT NULL,
  md5 text NOT NULL,
  size bigint NOT NULL,
  kept_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT storage_object_pkey PRIMARY KEY (sha256),
  CONSTRAINT storage_object_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE subscription (
  account_id uuid NOT NULL,
  change_id uuid NOT NULL,
  CONSTRAINT subscription_pkey PRIMARY KEY (account_id),
  CONSTRAINT subscription_account_id_change_id_fkey FOREIGN KEY (account_id, change_id) REFERENCES subscription_change(account_id, id),
  CONSTRAINT subscription_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);

CREATE TABLE subscription_change (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  changed_at timestamp with time zone NOT NULL DEFAULT now(),
  actor jsonb NOT NULL,
  type text NOT NULL,
  value bigint,
  per_device bigint,
  target bigint,
  thresholds integer[] NOT NULL,
  CONSTRAINT subscription_change_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT subscription_change_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT subscription_change_type CHECK ((type = ANY (ARRAY['device_data_pool'::text, 'pay_as_you_go'::text])))
);

CREATE TABLE upload (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  type text NOT NULL,
  sha256 text NOT NULL,
  facts json,
  refusal json,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT upload_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT upload_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT upload_sha256_fkey FOREIGN KEY (sha256) REFERENCES storage_object(sha256),
  CONSTRAINT upload_type CHECK ((type = ANY (ARRAY['apk'::text, 'config'::text, 'media'::text, 'ota'::text])))
);
CREATE INDEX upload_content ON upload USING btree (sha256);
CREATE INDEX upload_created ON upload USING btree (created_at);

CREATE TABLE usage_large_day (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL
);

CREATE TABLE usage_period (
  period date NOT NULL,
  has_older boolean NOT NULL DEFAULT false
);

CREATE TABLE usage_record (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  started_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone NOT NULL,
  upload bigint NOT NULL,
  download bigint NOT NULL,
  period date NOT NULL
) PARTITION BY LIST (period);

CREATE TABLE usage_sim_month (
  account_id uuid NOT NULL,
  month date NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  upload bigint[] NOT NULL,
  download bigint[] NOT NULL,
  CONSTRAINT usage_sim_month_pkey PRIMARY KEY (account_id, month, iccid),
  CONSTRAINT usage_sim_month_download_check CHECK ((cardinality(download) = 31)),
  CONSTRAINT usage_sim_month_upload_check CHECK ((cardinality(upload) = 31))
) WITH (fillfactor=50);

CREATE TABLE usage_sum (
  account_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload numeric NOT NULL,
  download numeric NOT NULL,
  CONSTRAINT usage_sum_pkey PRIMARY KEY (account_id, key, value, day)
) WITH (fillfactor=85);

CREATE TABLE usage_sum_difference (
  account_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  day date NOT NULL,
  upload numeric NOT NULL,
  download numeric NOT NULL
);
CREATE INDEX usage_sum_difference_key ON usage_sum_difference USING btree (account_id, key, value, day);

CREATE TABLE usage_touched (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  day date NOT NULL
);

CREATE TABLE user_identity (
  account_id uuid NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL,
  CONSTRAINT user_identity_pkey PRIMARY KEY (account_id, issuer, subject),
  CONSTRAINT user_identity_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE
);
CREATE INDEX user_identity_subject ON user_identity USING btree (issuer, subject);
CREATE INDEX user_identity_user ON user_identity USING btree (account_id, user_id);

CREATE TABLE user_link (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  kind text NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT user_link_token UNIQUE (token_hash),
  CONSTRAINT user_link_pkey PRIMARY KEY (account_id, user_id),
  CONSTRAINT user_link_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE,
  CONSTRAINT user_link_kind_check CHECK ((kind = ANY (ARRAY['invitation'::text, 'reset'::text])))
);

CREATE TABLE user_session (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  state text NOT NULL,
  address text NOT NULL,
  user_agent text,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  last_used_at timestamp with time zone NOT NULL DEFAULT now(),
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT user_session_token UNIQUE (token_hash),
  CONSTRAINT user_session_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT user_session_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE,
  CONSTRAINT user_session_state_check CHECK ((state = ANY (ARRAY['active'::text, 'totpRequired'::text, 'totpEnrollmentRequired'::text])))
);
CREATE INDEX user_session_ended ON user_session USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX user_session_user ON user_session USING btree (account_id, user_id) WHERE (ended_at IS NULL);

-- Columns of the views

-- account_document
--   account_id uuid
--   document json

-- api_key_document
--   account_id uuid
--   id uuid
--   document json

-- artifact_document
--   account_id uuid
--   id uuid
--   type text
--   name text
--   version text
--   sha256 text
--   size bigint
--   document text

-- batch_document
--   account_id uuid
--   id uuid
--   type text
--   document json

-- build_document
--   account_id uuid
--   id uuid
--   project text
--   version text
--   document text

-- counter_total
--   account_id uuid
--   kind text
--   key text
--   value bigint

-- deployment_document
--   account_id uuid
--   id uuid
--   group_name text
--   document json

-- device_document
--   account_id uuid
--   id uuid
--   name text
--   serialnumber text
--   family text
--   group_name text
--   created_at timestamp with time zone
--   enrollment_id uuid
--   secret_hash text
--   identity text
--   boot_id text
--   imei text
--   battery text
--   os text
--   connection text
--   apps text
--   os_release text
--   iccids text[]
--   update_checked_at timestamp with time zone
--   reset_at timestamp with time zone
--   last_checkin timestamp with time zone
--   last_checkin_text text
--   online boolean
--   presence_mark timestamp with time zone
--   os_updated boolean
--   apps_updated boolean
--   project_updated boolean
--   head text
--   document text

-- enrollment_document
--   account_id uuid
--   id uuid
--   document json

-- event_document
--   account_id uuid
--   id text
--   type text
--   device_id uuid
--   document json

-- export_document
--   account_id uuid
--   id uuid
--   kind text
--   format text
--   state text
--   sha256 text
--   size bigint
--   document json

-- group_document
--   account_id uuid
--   name text
--   document json

-- location_document
--   account_id uuid
--   device_id uuid
--   received_at timestamp with time zone
--   at timestamp with time zone
--   document json

-- node_document
--   id uuid
--   document json

-- notification_document
--   account_id uuid
--   id uuid
--   device_id uuid
--   batch_id uuid
--   type text
--   state text
--   document text

-- project_document
--   account_id uuid
--   name text
--   document json

-- sim_document
--   account_id uuid
--   iccid text
--   name text
--   imsi text
--   msisdn text
--   eid text
--   carrier text
--   state text
--   state_reason text
--   pending_state text
--   pending_reason text
--   pending_by jsonb
--   carrier_due timestamp with time zone
--   carrier_attempts integer
--   carrier_call uuid
--   data_limit_bytes bigint
--   data_limit_action text
--   imei_lock text
--   device_id uuid
--   foreign_imei text
--   created_at timestamp with time zone
--   activated_at timestamp with time zone
--   document json

-- subscription_document
--   account_id uuid
--   document json

-- subscription_history_document
--   account_id uuid
--   id uuid
--   document json

-- subscription_setting
--   account_id uuid
--   type text
--   per_device bigint
--   thresholds integer[]
--   allowance bigint

-- usage_account_day
--   account_id uuid
--   day date
--   upload bigint
--   download bigint

-- usage_sim_day
--   account_id uuid
--   iccid text
--   month date
--   day date
--   upload bigint
--   download bigint

-- usage_sum_part
--   account_id uuid
--   key text
--   value text
--   day date
--   upload numeric
--   download numeric

-- user_document
--   account_id uuid
--   id uuid
--   document json

-- Functions that indexes are built on

CREATE OR REPLACE FUNCTION public.search_grams(account uuid, slice text, written text)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE COST 10000
AS $function$
DECLARE
  seed bigint := hashtextextended(account::text || slice, 0);
  grams bigint[] := '{}';
  gram text;
BEGIN
  FOR place IN 1 .. length(written) - 1 LOOP
    gram := substr(written, place, 3);
    IF length(gram) = 3 THEN grams := grams || hashtextextended(gram, seed); END IF;
    IF left(gram, 1) = E'\x01' THEN grams := grams || hashtextextended(left(gram, 2), seed); END IF;
  END LOOP;
  RETURN grams;
END $function$
;

CREATE OR REPLACE FUNCTION public.search_text(written text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN (replace(translate(NORMALIZE(casefold((NORMALIZE(written, NFD) COLLATE pg_unicode_fast)), NFD), 'ıς'::text, 'iσ'::text), 'i̇'::text, 'i'::text) COLLATE "C")
;

CREATE OR REPLACE FUNCTION public.usage_record_key(iccid text, id text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(id, hashtextextended(iccid, (0)::bigint))
;

CREATE OR REPLACE FUNCTION public.usage_sim_key(iccid text)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (iccid ~ '[A-F]'::text) THEN (translate("right"(iccid, 18), 'ABCDEF'::text, '012345'::text))::bigint ELSE ("right"(iccid, 18))::bigint END
;

-- Functions

-- artifact_path(type text, name text, version text) text
-- assign_deployments(account uuid, devices uuid[]) void
-- assign_to_locked(account uuid, devices uuid[]) void
-- batch_counts(account uuid, batch uuid, is_counted boolean) TABLE(state text, devices bigint)
-- batch_states(b batch) TABLE(state text, devices bigint)
-- begin_event_day(day text) void
-- begin_heartbeat() trigger
-- card_of(iccid text) text
-- check_imei_lock() trigger
-- commands_repeated_after(latest timestamp with time zone, most integer) SETOF tid
-- commands_to_repeat(at_gateway uuid, after_seconds integer, most integer) SETOF tid
-- commands_to_send(at_gateway uuid, most integer) SETOF tid
-- count_batch_commands() trigger
-- count_deployment_devices() trigger
-- count_devices() trigger
-- count_roll_out() trigger
-- counted_state(state text, place integer) text
-- deployment_counter(deployment_id uuid, step integer, state text, period integer) text
-- deployment_counts(account uuid, deployment uuid) TABLE(step integer, state text, period integer, devices bigint)
-- deployment_devices(deployment uuid) TABLE(account_id uuid, device_id uuid, state text, document json)
-- device_counters(d device) TABLE(kind text, key text)
-- device_head(last_checkin_text text, online boolean, os_updated boolean, apps_updated boolean, project_updated boolean, imei text, battery text) text
-- device_reporting(account uuid, iccid text) uuid
-- device_search_text(d device) text
-- device_text(identity text, head text, os text, connection text, apps text) text
-- enter_event_order() trigger
-- event_bounds() TABLE(partition text, "from" text, "to" text)
-- event_horizon() text
-- event_lag() double precision
-- event_place(id text) bigint
-- event_position(place bigint, serial bigint) text
-- first_events_of_type(account uuid, of_type text, first text, behind text, is_up boolean, most integer) SETOF text
-- follow_checkin() trigger
-- follow_presence() trigger
-- forget_batch_counts() trigger
-- forget_earlier_group() trigger
-- forget_group(account uuid, gone text, most integer) boolean
-- hold_back_sweep() trigger
-- index_usage_period(name text) void
-- iso_time(moment timestamp with time zone) text
-- join_deployments() trigger
-- judge_limit() trigger
-- keep_desired_state(account uuid, deployments uuid[]) void
-- keep_device_search() trigger
-- keep_event() trigger
-- keep_principal_name() trigger
-- keep_sim_search() trigger
-- leave_deployments() trigger
-- mark_deleted_group() trigger
-- marker_values(account uuid, marker_key text, first_day date, end_day date) SETOF text
-- month_start() date
-- new_id() uuid
-- next_event_day() TABLE("from" text, "to" text)
-- note_ended_credential() trigger
-- note_user_change() trigger
-- notification_event(n notification, state text, actor jsonb, reason text) new_event
-- path_segment(name text) text
-- reconcile(accounts uuid[], devices uuid[]) void
-- reconcile_with(accounts uuid[], devices uuid[], revisions text[]) void
-- record_events(events new_event[]) void
-- record_notifications() trigger
-- record_sim_device() trigger
-- recount_markers() trigger
-- search_fragment(written text) text
-- search_grams(account uuid, slice text, written text) bigint[]
-- search_text(written text) text
-- sim_lock(account_id uuid) bigint
-- sim_search_text(s sim) text
-- tie_sims() trigger
-- unify_card(account uuid, old text) void
-- unify_cards(most integer) integer
-- unplaced_devices(d deployment) bigint
-- usage_begin(account_id uuid) usage_period
-- usage_lock(account_id uuid) bigint
-- usage_model(upload numeric, download numeric, day date) text
-- usage_month(place integer, bytes bigint) bigint[]
-- usage_of_sim(account uuid, sim text, first_day date, end_day date) TABLE(day date, upload bigint, download bigint)
-- usage_record_key(iccid text, id text) bigint
-- usage_sim_key(iccid text) bigint
-- usage_total(days bigint[]) bigint
-- utc_day(moment timestamp with time zone) date
-- version_mark(version text) text
-- wait_for_placing(account uuid, left_group text) void
-- with_name(account uuid, who jsonb) jsonb
-- with_payload(document text, payload text) text
-- write_identity() trigger
