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

CREATE SEQUENCE alert_opening MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE event_epoch MINVALUE 0 MAXVALUE 9223372036854775807 START 0;
CREATE SEQUENCE event_order MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE event_serial MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE id_serial MINVALUE 0 MAXVALUE 4095 START 0 CYCLE;
CREATE SEQUENCE job_failure_id_seq MINVALUE 1 MAXVALUE 9223372036854775807 START 1;
CREATE SEQUENCE job_item_id_seq MINVALUE 1 MAXVALUE 9223372036854775807 START 1;

-- Tables. Partitions are made while the program runs, and are not here

CREATE TABLE account (
  id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  is_operator boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  totp_required boolean NOT NULL DEFAULT false,
  timezone text NOT NULL DEFAULT 'UTC'::text,
  xray_reason_required boolean NOT NULL DEFAULT false,
  xray_shells_recorded boolean NOT NULL DEFAULT false,
  CONSTRAINT account_name UNIQUE (name),
  CONSTRAINT account_pkey PRIMARY KEY (id)
);
CREATE TRIGGER add_built_in_carriers AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION add_built_in_carriers();
CREATE TRIGGER begin_alerts AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION begin_alerts_of_account();

CREATE TABLE alert (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  rule_id uuid NOT NULL,
  subject_kind text NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  device_id uuid,
  severity text NOT NULL,
  state text NOT NULL DEFAULT 'open'::text,
  data jsonb NOT NULL,
  occasion text,
  opening bigint NOT NULL DEFAULT nextval('alert_opening'::regclass),
  is_standing boolean NOT NULL DEFAULT true,
  ends_at timestamp with time zone,
  opened_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  acknowledged_at timestamp with time zone,
  acknowledged_by jsonb,
  resolved_at timestamp with time zone,
  resolved_by jsonb,
  note text,
  CONSTRAINT alert_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT alert_account_id_rule_id_fkey FOREIGN KEY (account_id, rule_id) REFERENCES alert_rule(account_id, id),
  CONSTRAINT alert_check CHECK (((resolved_at IS NOT NULL) = (state = 'resolved'::text))),
  CONSTRAINT alert_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  CONSTRAINT alert_state_check CHECK ((state = ANY (ARRAY['open'::text, 'acknowledged'::text, 'resolved'::text]))),
  CONSTRAINT alert_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['device'::text, 'sim'::text, 'deployment'::text, 'subscription'::text, 'carrier'::text, 'webhook'::text, 'platform'::text])))
) WITH (fillfactor=80);
CREATE INDEX alert_by_device ON alert USING btree (account_id, device_id, id) WHERE (device_id IS NOT NULL);
CREATE INDEX alert_by_opening ON alert USING btree (account_id, rule_id, opening);
CREATE INDEX alert_by_rule ON alert USING btree (account_id, rule_id, id);
CREATE INDEX alert_by_severity ON alert USING btree (account_id, severity, id);
CREATE INDEX alert_by_state ON alert USING btree (account_id, state, id);
CREATE INDEX alert_ending ON alert USING btree (ends_at) WHERE (ends_at IS NOT NULL);
CREATE UNIQUE INDEX alert_standing ON alert USING btree (account_id, rule_id, subject_id) WHERE is_standing;
CREATE TRIGGER count_alerts AFTER INSERT OR DELETE OR UPDATE OF state ON alert FOR EACH ROW EXECUTE FUNCTION count_alerts();

CREATE TABLE alert_candidate (
  account_id uuid NOT NULL,
  rule_id uuid NOT NULL,
  subject_id text COLLATE "C" NOT NULL,
  due_at timestamp with time zone NOT NULL,
  CONSTRAINT alert_candidate_pkey PRIMARY KEY (account_id, rule_id, subject_id),
  CONSTRAINT alert_candidate_account_id_rule_id_fkey FOREIGN KEY (account_id, rule_id) REFERENCES alert_rule(account_id, id)
);
CREATE INDEX alert_candidate_due ON alert_candidate USING btree (due_at);

CREATE TABLE alert_follower (
  account_id uuid NOT NULL,
  "position" text COLLATE "C" NOT NULL,
  CONSTRAINT alert_follower_pkey PRIMARY KEY (account_id),
  CONSTRAINT alert_follower_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) WITH (fillfactor=50);

CREATE TABLE alert_rule (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  condition text NOT NULL,
  below integer,
  percent integer,
  notification_type text,
  filter text,
  for_minutes integer NOT NULL DEFAULT 0,
  severity text NOT NULL,
  emails text[] NOT NULL DEFAULT '{}'::text[],
  webhooks uuid[] NOT NULL DEFAULT '{}'::uuid[],
  is_enabled boolean NOT NULL,
  look_at timestamp with time zone DEFAULT now(),
  walk_began_at timestamp with time zone,
  is_at_alerts boolean NOT NULL DEFAULT false,
  walked_through text COLLATE "C",
  mail_due_at timestamp with time zone,
  mailed_at timestamp with time zone,
  told_through bigint NOT NULL DEFAULT 0,
  is_told_open boolean NOT NULL DEFAULT false,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  CONSTRAINT alert_rule_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT alert_rule_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT alert_rule_notification_type CHECK ((notification_type = ANY (ARRAY['refresh'::text, 'check'::text, 'reboot'::text, 'shutdown'::text, 'wipe'::text, 'application'::text, 'refurbish'::text]))),
  CONSTRAINT alert_rule_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])))
) WITH (fillfactor=50);
CREATE INDEX alert_rule_due ON alert_rule USING btree (look_at) WHERE (look_at IS NOT NULL);
CREATE INDEX alert_rule_mail_due ON alert_rule USING btree (mail_due_at) WHERE (mail_due_at IS NOT NULL);

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
  is_restricted boolean NOT NULL DEFAULT false,
  regrouped_at timestamp with time zone,
  CONSTRAINT api_key_hash UNIQUE (hash),
  CONSTRAINT api_key_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT api_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX api_key_deleted ON api_key USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX api_key_regrouped ON api_key USING btree (regrouped_at) WHERE (regrouped_at IS NOT NULL);
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name ON api_key FOR EACH ROW EXECUTE FUNCTION keep_principal_name();

CREATE TABLE app_count_place (
  is_only boolean NOT NULL DEFAULT true,
  account_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  device_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  CONSTRAINT app_count_place_pkey PRIMARY KEY (is_only),
  CONSTRAINT app_count_place_is_only CHECK (is_only)
);

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
  digest text NOT NULL DEFAULT 'off'::text,
  digest_due_at timestamp with time zone,
  is_restricted boolean NOT NULL DEFAULT false,
  timezone text,
  clock text NOT NULL DEFAULT '24h'::text,
  CONSTRAINT app_user_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT app_user_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT app_user_clock CHECK ((clock = ANY (ARRAY['12h'::text, '24h'::text]))),
  CONSTRAINT app_user_digest CHECK ((digest = ANY (ARRAY['off'::text, 'daily'::text, 'weekly'::text])))
);
CREATE INDEX app_user_digest_due ON app_user USING btree (digest_due_at) WHERE (digest_due_at IS NOT NULL);
CREATE INDEX user_by_email ON app_user USING btree (email) WHERE (deleted_at IS NULL);
CREATE INDEX user_changed ON app_user USING btree (changed_at);
CREATE UNIQUE INDEX user_email ON app_user USING btree (account_id, email) WHERE (deleted_at IS NULL);
CREATE TRIGGER keep_principal_name AFTER INSERT OR UPDATE OF name, email ON app_user FOR EACH ROW EXECUTE FUNCTION keep_principal_name();
CREATE TRIGGER note_user_change BEFORE UPDATE OF scopes, is_restricted, token_generation, disabled_at, deleted_at ON app_user FOR EACH ROW EXECUTE FUNCTION note_user_change();

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

CREATE TABLE audit_chain (
  account_id uuid NOT NULL,
  number bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT '\x'::bytea,
  dropped_number bigint NOT NULL DEFAULT 0,
  dropped_hash bytea NOT NULL DEFAULT '\x'::bytea,
  CONSTRAINT audit_chain_pkey PRIMARY KEY (account_id),
  CONSTRAINT audit_chain_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) WITH (fillfactor=50);

CREATE TABLE audit_entry (
  account_id uuid NOT NULL,
  id text COLLATE "C" NOT NULL DEFAULT event_position((current_setting('mason.event_order'::text))::bigint, nextval('event_serial'::regclass)),
  "time" timestamp with time zone NOT NULL DEFAULT date_trunc('milliseconds'::text, clock_timestamp()),
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  action text NOT NULL,
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  address text,
  user_agent text,
  request_id text,
  refusal text,
  before jsonb,
  after jsonb,
  number bigint,
  previous bytea,
  hash bytea,
  repeats integer,
  CONSTRAINT audit_entry_pkey PRIMARY KEY (account_id, id, "time")
) PARTITION BY RANGE ("time");
CREATE INDEX audit_by_time ON ONLY public.audit_entry USING btree (account_id, "time");
CREATE INDEX audit_of_action ON ONLY public.audit_entry USING btree (account_id, action, id);
CREATE INDEX audit_of_actor ON ONLY public.audit_entry USING btree (account_id, actor_id, id);
CREATE INDEX audit_of_subject ON ONLY public.audit_entry USING btree (account_id, subject_id, id);
CREATE INDEX audit_unchained ON ONLY public.audit_entry USING btree (id) WHERE (hash IS NULL);
CREATE TRIGGER enter_audit_order BEFORE INSERT ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION enter_event_order();
CREATE TRIGGER keep_audit_entry BEFORE DELETE OR UPDATE ON audit_entry FOR EACH ROW EXECUTE FUNCTION keep_audit_entry();

CREATE TABLE audit_identity (
  account_id uuid NOT NULL,
  value text COLLATE "C" NOT NULL,
  key bytea NOT NULL,
  token text COLLATE "C" NOT NULL,
  used_on date NOT NULL DEFAULT utc_day(now()),
  CONSTRAINT audit_identity_pkey PRIMARY KEY (account_id, value),
  CONSTRAINT audit_identity_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE UNIQUE INDEX audit_identity_token ON audit_identity USING btree (account_id, token);
CREATE INDEX audit_identity_used ON audit_identity USING btree (used_on);

CREATE TABLE audit_refusal (
  account_id uuid NOT NULL,
  actor_kind text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  repeats integer NOT NULL,
  due_at timestamp with time zone NOT NULL DEFAULT (now() + '00:01:00'::interval),
  subject_kind text NOT NULL,
  subject_id text NOT NULL,
  user_agent text,
  request_id text,
  refusal text NOT NULL,
  CONSTRAINT audit_refusal_pkey PRIMARY KEY (account_id, actor_kind, actor_id, action, address),
  CONSTRAINT audit_refusal_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) WITH (fillfactor=50);
CREATE INDEX audit_refusal_due ON audit_refusal USING btree (due_at);

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
  not_before timestamp with time zone,
  time_window jsonb,
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
  groups text[],
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

CREATE TABLE carrier (
  account_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  type text COLLATE "C" NOT NULL,
  credentials bytea,
  push_secret bytea,
  push_digest bytea,
  options jsonb NOT NULL DEFAULT '{}'::jsonb,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamp with time zone,
  last_error text,
  held_until timestamp with time zone,
  sync_due timestamp with time zone,
  sync_asked_at timestamp with time zone,
  sync jsonb,
  last_sync_at timestamp with time zone,
  counts jsonb,
  pulled_until date,
  lease uuid,
  leased_until timestamp with time zone,
  served_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT carrier_pkey PRIMARY KEY (account_id, name),
  CONSTRAINT carrier_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) WITH (fillfactor=50);
CREATE UNIQUE INDEX carrier_push ON carrier USING btree (push_digest) WHERE (push_digest IS NOT NULL);
CREATE INDEX carrier_sync_due ON carrier USING btree (sync_due) WHERE (sync_due IS NOT NULL);

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
CREATE INDEX counter_zero ON counter USING btree (account_id) WHERE (value = 0);

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
  group_name text COLLATE "C",
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
  not_before timestamp with time zone,
  time_window jsonb,
  view_id uuid,
  filter text,
  search_began_at timestamp with time zone NOT NULL DEFAULT now(),
  search_ended_at timestamp with time zone,
  is_first_search boolean NOT NULL DEFAULT true,
  CONSTRAINT deployment_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT deployment_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT deployment_state CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'finished'::text, 'canceled'::text]))),
  CONSTRAINT deployment_target CHECK ((((group_name IS NULL) = (filter IS NOT NULL)) AND ((view_id IS NULL) OR (filter IS NOT NULL)))),
  CONSTRAINT deployment_type CHECK ((type = ANY (ARRAY['apk'::text, 'config'::text, 'ota'::text])))
);
CREATE INDEX deployment_live ON deployment USING btree (account_id, group_name) WHERE (state <> 'canceled'::text);
CREATE INDEX deployment_of_filter ON deployment USING btree (account_id, slot) WHERE ((filter IS NOT NULL) AND (state = ANY (ARRAY['running'::text, 'paused'::text])));
CREATE INDEX deployment_of_group ON deployment USING btree (account_id, group_name, slot, id);
CREATE INDEX deployment_paused ON deployment USING btree (account_id, id) WHERE (state = 'paused'::text);
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
  CONSTRAINT deployment_device_state CHECK ((state = ANY (ARRAY['waiting'::text, 'told'::text, 'succeeded'::text, 'failed'::text, 'unsupported'::text])))
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
  labels jsonb,
  notes text,
  xray text[],
  timezone text,
  kind text NOT NULL DEFAULT 'mason-linux'::text,
  CONSTRAINT device_serialnumber UNIQUE (account_id, serialnumber),
  CONSTRAINT device_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT device_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT device_group FOREIGN KEY (account_id, group_name) REFERENCES device_group(account_id, name),
  CONSTRAINT device_kind CHECK ((kind = ANY (ARRAY['mason-linux'::text, 'simulated'::text, 'headwind'::text, 'mdmesh'::text])))
) WITH (fillfactor=70, toast_tuple_target=8160, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX device_at_gateway ON device USING btree (gateway) WHERE (gateway IS NOT NULL);
CREATE INDEX device_by_any_family ON device USING btree (account_id, search_text(family), id);
CREATE INDEX device_by_any_group ON device USING btree (account_id, search_text(group_name), id);
CREATE INDEX device_by_any_name ON device USING btree (account_id, search_text(name) COLLATE "C", id);
CREATE INDEX device_by_any_serialnumber ON device USING btree (account_id, search_text(serialnumber), id);
CREATE INDEX device_by_creation ON device USING btree (account_id, created_at, id);
CREATE INDEX device_by_family ON device USING btree (account_id, family, id);
CREATE INDEX device_by_group ON device USING btree (account_id, group_name, id);
CREATE INDEX device_by_iccid ON device USING gin (iccids) WITH (fastupdate=off);
CREATE INDEX device_by_id ON device USING hash (id);
CREATE INDEX device_by_imei ON device USING btree (account_id, imei text_pattern_ops, id) WHERE (imei IS NOT NULL);
CREATE INDEX device_by_kind ON device USING btree (account_id, search_text(kind) COLLATE "C", id);
CREATE INDEX device_by_name ON device USING btree (account_id, name, id);
CREATE INDEX device_by_presence ON device USING btree (account_id, presence_mark);
CREATE INDEX device_by_release ON device USING btree (account_id, version_key(os_release) COLLATE "C", id);
CREATE INDEX device_offline ON device USING btree (account_id, id) WHERE (NOT online);
CREATE INDEX device_offline_by_family ON device USING btree (account_id, family, id) WHERE (NOT online);
CREATE INDEX device_offline_by_group ON device USING btree (account_id, group_name, id) WHERE (NOT online);
CREATE INDEX device_online ON device USING btree (account_id, id) WHERE online;
CREATE INDEX device_online_by_presence ON device USING btree (account_id, presence_mark) WHERE online;
CREATE INDEX device_presence_due ON device USING btree (presence_due) WHERE online;
CREATE INDEX device_with_conflict ON device USING btree (account_id, id) WHERE has_conflict;
CREATE INDEX device_with_report_faults ON device USING btree (account_id, id) WHERE (report_faults IS NOT NULL);
CREATE TRIGGER begin_heartbeat AFTER INSERT ON device REFERENCING NEW TABLE AS new_devices FOR EACH STATEMENT EXECUTE FUNCTION begin_heartbeat();
CREATE TRIGGER count_apps AFTER UPDATE ON device REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
CREATE TRIGGER count_devices AFTER INSERT OR DELETE ON device FOR EACH ROW EXECUTE FUNCTION count_devices();
CREATE TRIGGER count_gone_apps AFTER DELETE ON device REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
CREATE TRIGGER count_new_apps AFTER INSERT ON device REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION count_apps();
CREATE TRIGGER device_deleted AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION note_ended_credential();
CREATE TRIGGER device_secret AFTER UPDATE OF secret_hash ON device FOR EACH ROW WHEN ((old.secret_hash <> new.secret_hash)) EXECUTE FUNCTION note_ended_credential();
CREATE TRIGGER follow_presence AFTER UPDATE OF online ON device FOR EACH ROW WHEN ((old.online <> new.online)) EXECUTE FUNCTION follow_presence();
CREATE TRIGGER follow_presence_and_checkin AFTER UPDATE OF last_checkin ON device FOR EACH ROW EXECUTE FUNCTION follow_checkin();
CREATE TRIGGER hold_back_sweep BEFORE UPDATE OF presence_due ON device FOR EACH ROW EXECUTE FUNCTION hold_back_sweep();
CREATE TRIGGER join_deployments AFTER UPDATE OF group_name, kind ON device FOR EACH ROW WHEN (((old.group_name <> new.group_name) OR (old.kind <> new.kind))) EXECUTE FUNCTION join_deployments();
CREATE TRIGGER join_deployments_first AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION join_deployments();
CREATE TRIGGER keep_device_labels AFTER UPDATE OF labels ON device FOR EACH ROW WHEN ((old.labels IS DISTINCT FROM new.labels)) EXECUTE FUNCTION keep_device_labels();
CREATE TRIGGER keep_device_search AFTER UPDATE OF name, serialnumber, imei, iccids ON device FOR EACH ROW WHEN (((((old.name IS DISTINCT FROM new.name) OR (old.serialnumber IS DISTINCT FROM new.serialnumber)) OR (old.imei IS DISTINCT FROM new.imei)) OR (old.iccids IS DISTINCT FROM new.iccids))) EXECUTE FUNCTION keep_device_search();
CREATE TRIGGER keep_new_device_search AFTER INSERT ON device FOR EACH ROW EXECUTE FUNCTION keep_device_search();
CREATE TRIGGER leave_deployments AFTER DELETE ON device FOR EACH ROW EXECUTE FUNCTION leave_deployments();
CREATE TRIGGER recount_devices AFTER UPDATE ON device FOR EACH ROW WHEN (((old.online <> new.online) OR (old.group_name <> new.group_name) OR (old.family <> new.family) OR (old.os_release IS DISTINCT FROM new.os_release))) EXECUTE FUNCTION count_devices();
CREATE TRIGGER tie_sims AFTER UPDATE OF iccids, imei ON device FOR EACH ROW WHEN (((old.iccids IS DISTINCT FROM new.iccids) OR (old.imei IS DISTINCT FROM new.imei))) EXECUTE FUNCTION tie_sims();
CREATE TRIGGER untie_sims AFTER DELETE ON device FOR EACH ROW WHEN ((old.iccids IS NOT NULL)) EXECUTE FUNCTION tie_sims();
CREATE TRIGGER write_identity BEFORE INSERT OR UPDATE OF name, serialnumber, family, kind, group_name, created_at, has_conflict, report_faults, labels, notes ON device FOR EACH ROW EXECUTE FUNCTION write_identity();
CREATE TRIGGER write_identity_of_timezone BEFORE UPDATE OF timezone ON device FOR EACH ROW WHEN ((old.timezone IS DISTINCT FROM new.timezone)) EXECUTE FUNCTION write_identity();
CREATE TRIGGER write_offered BEFORE UPDATE OF xray ON device FOR EACH ROW WHEN ((old.xray IS DISTINCT FROM new.xray)) EXECUTE FUNCTION write_identity();

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

CREATE TABLE device_kind_place (
  is_only boolean NOT NULL DEFAULT true,
  account_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  device_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  CONSTRAINT device_kind_place_pkey PRIMARY KEY (is_only),
  CONSTRAINT device_kind_place_is_only CHECK (is_only)
);

CREATE TABLE device_label (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text NOT NULL,
  CONSTRAINT device_label_pkey PRIMARY KEY (account_id, device_id, key),
  CONSTRAINT device_label_account_id_device_id_fkey FOREIGN KEY (account_id, device_id) REFERENCES device(account_id, id) ON DELETE CASCADE
);
CREATE INDEX device_label_by_value ON device_label USING btree (account_id, key, search_text(value) COLLATE "C", device_id);

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
CREATE INDEX device_search_by_long_gram ON device_search USING gin (search_long_grams(account_id, slice, text)) WITH (gin_pending_list_limit='128');
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
  is_restricted boolean NOT NULL DEFAULT false,
  kind text NOT NULL DEFAULT 'mason'::text,
  CONSTRAINT enrollment_token UNIQUE (token_hash),
  CONSTRAINT enrollment_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT enrollment_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT enrollment_kind CHECK ((kind = ANY (ARRAY['mason'::text, 'headwind'::text, 'mdmesh'::text])))
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
CREATE INDEX event_of_actor ON ONLY public.event USING btree (((account_id)::text), ((actor ->> 'id'::text)), id) WHERE (NOT ((actor ->> 'kind'::text) = ANY (ARRAY['device'::text, 'system'::text])));
CREATE INDEX event_of_device ON ONLY public.event USING btree (account_id, device_id, id) WHERE (device_id IS NOT NULL);
CREATE INDEX event_of_job ON ONLY public.event USING btree (((account_id)::text), ((data ->> 'job'::text)), id) WHERE (data ? 'job'::text);
CREATE INDEX event_of_subject ON ONLY public.event USING btree (((account_id)::text), ((subject ->> 'id'::text)), id) WHERE (NOT ((subject ->> 'kind'::text) = ANY (ARRAY['device'::text, 'notification'::text])));
CREATE INDEX event_of_type ON ONLY public.event USING btree (account_id, type text_pattern_ops, id);
CREATE INDEX event_single ON ONLY public.event USING btree (((account_id)::text), id) WHERE (NOT ((data ? 'batch'::text) OR (data ? 'job'::text)));
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
  groups text[],
  created_by jsonb,
  CONSTRAINT export_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT export_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT export_sha256_fkey FOREIGN KEY (sha256) REFERENCES storage_object(sha256),
  CONSTRAINT export_format CHECK ((format = ANY (ARRAY['csv'::text, 'ndjson'::text]))),
  CONSTRAINT export_kind CHECK ((kind = ANY (ARRAY['device'::text, 'sim'::text, 'usage'::text, 'audit'::text]))),
  CONSTRAINT export_state CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX export_by_content ON export USING btree (sha256);
CREATE INDEX export_unfinished ON export USING btree (account_id) WHERE (finished_at IS NULL);

CREATE TABLE farewell (
  secret_hash text NOT NULL,
  device_id uuid NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT farewell_pkey PRIMARY KEY (secret_hash)
);
CREATE INDEX farewell_age ON farewell USING btree (created_at);

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

CREATE TABLE headwind_arrival (
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  number text COLLATE "C" NOT NULL,
  enrollment_id uuid NOT NULL,
  secret_hash text NOT NULL,
  device_id uuid,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT headwind_arrival_number UNIQUE (account_id, number),
  CONSTRAINT headwind_arrival_pkey PRIMARY KEY (id),
  CONSTRAINT headwind_arrival_account_id_enrollment_id_fkey FOREIGN KEY (account_id, enrollment_id) REFERENCES enrollment(account_id, id) ON DELETE CASCADE
);
CREATE INDEX headwind_arrival_age ON headwind_arrival USING btree (created_at);
CREATE INDEX headwind_arrival_enrollment ON headwind_arrival USING btree (account_id, enrollment_id);

CREATE TABLE headwind_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  boot_id text,
  config_at timestamp with time zone,
  CONSTRAINT headwind_device_pkey PRIMARY KEY (account_id, device_id),
  CONSTRAINT headwind_device_account_id_device_id_fkey FOREIGN KEY (account_id, device_id) REFERENCES device(account_id, id) ON DELETE CASCADE
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

CREATE TABLE job (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'queued'::text,
  is_dry_run boolean NOT NULL DEFAULT false,
  target jsonb,
  change jsonb,
  ignored_columns text[],
  after_key text COLLATE "C",
  is_received boolean NOT NULL DEFAULT true,
  total bigint NOT NULL DEFAULT 0,
  is_total_known boolean NOT NULL DEFAULT false,
  done bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  created_by jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone,
  groups text[],
  CONSTRAINT job_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT job_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT job_check CHECK (((finished_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'running'::text])))),
  CONSTRAINT job_kind_check CHECK ((kind = ANY (ARRAY['device.bulk'::text, 'device.import'::text, 'sim.bulk'::text]))),
  CONSTRAINT job_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'canceled'::text])))
);
CREATE INDEX job_finished ON job USING btree (finished_at);

CREATE TABLE job_failure (
  account_id uuid NOT NULL,
  job_id uuid NOT NULL,
  id bigint NOT NULL,
  line integer,
  subject text,
  input jsonb,
  reason text NOT NULL,
  CONSTRAINT job_failure_pkey PRIMARY KEY (account_id, job_id, id)
);
CREATE INDEX job_failure_subject ON job_failure USING btree (account_id, subject) WHERE (subject IS NOT NULL);

CREATE TABLE job_item (
  account_id uuid NOT NULL,
  job_id uuid NOT NULL,
  id bigint NOT NULL,
  line integer,
  subject text,
  input jsonb,
  CONSTRAINT job_item_pkey PRIMARY KEY (account_id, job_id, id)
);
CREATE INDEX job_item_subject ON job_item USING btree (account_id, subject) WHERE (subject IS NOT NULL);

CREATE TABLE known_place (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  mark bytea NOT NULL,
  used_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT known_place_pkey PRIMARY KEY (account_id, user_id, mark),
  CONSTRAINT known_place_account_id_user_id_fkey FOREIGN KEY (account_id, user_id) REFERENCES app_user(account_id, id) ON DELETE CASCADE
);

CREATE TABLE mdmesh_device (
  account_id uuid NOT NULL,
  device_id uuid NOT NULL,
  booted_at timestamp with time zone,
  scanned_at timestamp with time zone,
  CONSTRAINT mdmesh_device_pkey PRIMARY KEY (account_id, device_id),
  CONSTRAINT mdmesh_device_account_id_device_id_fkey FOREIGN KEY (account_id, device_id) REFERENCES device(account_id, id) ON DELETE CASCADE
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
  not_before timestamp with time zone,
  time_window jsonb,
  wakes_at timestamp with time zone,
  closes_at timestamp with time zone,
  CONSTRAINT notification_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT notification_state CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'acknowledged'::text, 'succeeded'::text, 'failed'::text, 'expired'::text, 'canceled'::text, 'unsupported'::text]))),
  CONSTRAINT notification_type CHECK ((type = ANY (ARRAY['refresh'::text, 'check'::text, 'reboot'::text, 'shutdown'::text, 'wipe'::text, 'application'::text, 'refurbish'::text])))
) WITH (fillfactor=80);
CREATE INDEX notification_closes ON notification USING btree (closes_at) WHERE ((closes_at IS NOT NULL) AND (wakes_at IS NULL) AND (finished_at IS NULL));
CREATE INDEX notification_due ON notification USING btree (expires_at) WHERE (finished_at IS NULL);
CREATE INDEX notification_in_state ON notification USING btree (account_id, ((state || ''::text)), id);
CREATE INDEX notification_of_batch ON notification USING btree (account_id, batch_id, id, state) WHERE (batch_id IS NOT NULL);
CREATE INDEX notification_of_device ON notification USING btree (account_id, device_id, id);
CREATE INDEX notification_of_type ON notification USING btree (account_id, ((type || ''::text)), id);
CREATE INDEX notification_ready ON notification USING btree (account_id, device_id, id) WHERE ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'acknowledged'::text])) AND (wakes_at IS NULL));
CREATE INDEX notification_shutting_down ON notification USING btree (account_id, device_id) WHERE ((state = 'acknowledged'::text) AND (type = 'shutdown'::text));
CREATE INDEX notification_single ON notification USING btree (account_id, id) WHERE (batch_id IS NULL);
CREATE INDEX notification_to_repeat_here ON notification USING btree (gateway, delivered_at) WHERE ((state = 'sent'::text) AND (gateway IS NOT NULL));
CREATE INDEX notification_to_send_here ON notification USING btree (gateway, id) WHERE ((state = 'queued'::text) AND (gateway IS NOT NULL));
CREATE INDEX notification_waiting ON notification USING btree (account_id, device_id) WHERE ((wakes_at IS NOT NULL) AND (finished_at IS NULL));
CREATE INDEX notification_wakes ON notification USING btree (wakes_at) WHERE ((wakes_at IS NOT NULL) AND (finished_at IS NULL));
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

CREATE TABLE restricted_to (
  account_id uuid NOT NULL,
  principal_id uuid NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  CONSTRAINT restricted_to_pkey PRIMARY KEY (account_id, principal_id, group_name),
  CONSTRAINT restricted_to_account_id_group_name_fkey FOREIGN KEY (account_id, group_name) REFERENCES device_group(account_id, name) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX restricted_to_group ON restricted_to USING btree (account_id, group_name);
CREATE TRIGGER note_regrouped AFTER INSERT OR DELETE OR UPDATE ON restricted_to FOR EACH ROW EXECUTE FUNCTION note_regrouped();

CREATE TABLE schedule (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  cron text NOT NULL,
  timezone text NOT NULL,
  action json NOT NULL,
  next_run_at timestamp with time zone,
  created_by jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schedule_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT schedule_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX schedule_due ON schedule USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);

CREATE TABLE schedule_run (
  account_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  due_at timestamp with time zone NOT NULL,
  at timestamp with time zone NOT NULL DEFAULT now(),
  reason text,
  batch_id uuid,
  export_id uuid,
  CONSTRAINT schedule_run_pkey PRIMARY KEY (account_id, schedule_id, due_at),
  CONSTRAINT schedule_run_account_id_schedule_id_fkey FOREIGN KEY (account_id, schedule_id) REFERENCES schedule(account_id, id) ON DELETE CASCADE
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
  carrier_failures integer NOT NULL DEFAULT 0,
  pending_since timestamp with time zone,
  pending_job uuid,
  CONSTRAINT sim_pkey PRIMARY KEY (account_id, iccid),
  CONSTRAINT sim_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT sim_data_limit_action CHECK ((data_limit_action = ANY (ARRAY['alert'::text, 'suspend'::text]))),
  CONSTRAINT sim_pending_state CHECK ((pending_state = ANY (ARRAY['ready'::text, 'active'::text, 'suspended'::text, 'deactivated'::text]))),
  CONSTRAINT sim_state CHECK ((state = ANY (ARRAY['ready'::text, 'active'::text, 'suspended'::text, 'deactivated'::text])))
) WITH (fillfactor=85);
CREATE INDEX sim_by_any_carrier ON sim USING btree (account_id, search_text(carrier), iccid);
CREATE INDEX sim_by_any_name ON sim USING btree (account_id, search_text(name) COLLATE "C", iccid);
CREATE INDEX sim_by_carrier ON sim USING btree (account_id, carrier, iccid);
CREATE INDEX sim_by_creation ON sim USING btree (account_id, created_at, iccid);
CREATE INDEX sim_by_device ON sim USING btree (account_id, device_id, iccid) WHERE (device_id IS NOT NULL);
CREATE INDEX sim_by_iccid_prefix ON sim USING btree (account_id, iccid text_pattern_ops);
CREATE INDEX sim_by_imsi_prefix ON sim USING btree (account_id, imsi text_pattern_ops) WHERE (imsi IS NOT NULL);
CREATE INDEX sim_by_msisdn_prefix ON sim USING btree (account_id, msisdn text_pattern_ops) WHERE (msisdn IS NOT NULL);
CREATE INDEX sim_by_state ON sim USING btree (account_id, state, iccid);
CREATE INDEX sim_due ON sim USING btree (carrier_due) WHERE (pending_state IS NOT NULL);
CREATE INDEX sim_in_foreign_device ON sim USING btree (account_id, iccid) WHERE (foreign_imei IS NOT NULL);
CREATE INDEX sim_pending_by_carrier ON sim USING btree (account_id, carrier, carrier_due) WHERE (pending_state IS NOT NULL);
CREATE INDEX sim_with_limit ON sim USING btree (account_id, iccid) WHERE (data_limit_bytes IS NOT NULL);
CREATE TRIGGER check_imei_lock BEFORE INSERT OR UPDATE OF device_id, imei_lock ON sim FOR EACH ROW EXECUTE FUNCTION check_imei_lock();
CREATE TRIGGER judge_limit AFTER UPDATE ON sim FOR EACH ROW WHEN (((old.data_limit_bytes IS DISTINCT FROM new.data_limit_bytes) OR (old.data_limit_action IS DISTINCT FROM new.data_limit_action))) EXECUTE FUNCTION judge_limit();
CREATE TRIGGER keep_new_sim_search AFTER INSERT ON sim FOR EACH ROW EXECUTE FUNCTION keep_sim_search();
CREATE TRIGGER keep_sim_search AFTER UPDATE OF iccid, imsi, msisdn, name ON sim FOR EACH ROW WHEN (((((old.iccid IS DISTINCT FROM new.iccid) OR (old.imsi IS DISTINCT FROM new.imsi)) OR (old.msisdn IS DISTINCT FROM new.msisdn)) OR (old.name IS DISTINCT FROM new.name))) EXECUTE FUNCTION keep_sim_search();
CREATE TRIGGER record_sim_device AFTER UPDATE OF device_id, imei_lock ON sim FOR EACH ROW WHEN (((new.device_id IS DISTINCT FROM old.device_id) OR (new.foreign_imei IS NOT NULL))) EXECUTE FUNCTION record_sim_device();

CREATE TABLE sim_at_carrier (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  reference text COLLATE "C",
  state text,
  reason text,
  seen_at timestamp with time zone,
  seen_in uuid,
  pulled_until date,
  CONSTRAINT sim_at_carrier_pkey PRIMARY KEY (account_id, iccid)
) WITH (fillfactor=70);
CREATE INDEX sim_at_carrier_not_pulled ON sim_at_carrier USING btree (account_id, carrier) WHERE (pulled_until IS NULL);

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
CREATE INDEX sim_marker_by_any_value ON sim_marker USING btree (account_id, key, search_text(value), iccid) WHERE (until_day = 'infinity'::date);
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
CREATE INDEX sim_search_by_long_gram ON sim_search USING gin (search_long_grams(account_id, slice, text)) WITH (gin_pending_list_limit='128');
CREATE INDEX sim_search_by_slice ON sim_search USING btree (account_id, slice);

CREATE TABLE sim_setting (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  setting text COLLATE "C" NOT NULL,
  carrier text COLLATE "C" NOT NULL,
  change integer NOT NULL DEFAULT 1,
  changed_by jsonb NOT NULL,
  changed_at timestamp with time zone NOT NULL DEFAULT now(),
  due timestamp with time zone,
  call uuid,
  attempts integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  reason text,
  told_at timestamp with time zone,
  CONSTRAINT sim_setting_pkey PRIMARY KEY (account_id, iccid, setting)
) WITH (fillfactor=70);
CREATE INDEX sim_setting_due ON sim_setting USING btree (account_id, carrier, due) WHERE (due IS NOT NULL);

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

CREATE TABLE usage_source_month (
  account_id uuid NOT NULL,
  month date NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  upload bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]),
  download bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]),
  sent_upload bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]),
  sent_download bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]),
  CONSTRAINT usage_source_month_pkey PRIMARY KEY (account_id, month, iccid, source),
  CONSTRAINT usage_source_month_download_check CHECK ((cardinality(download) = 31)),
  CONSTRAINT usage_source_month_sent_download_check CHECK ((cardinality(sent_download) = 31)),
  CONSTRAINT usage_source_month_sent_upload_check CHECK ((cardinality(sent_upload) = 31)),
  CONSTRAINT usage_source_month_upload_check CHECK ((cardinality(upload) = 31))
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

CREATE TABLE view (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  filter text NOT NULL,
  columns text[],
  sort text,
  is_shared boolean NOT NULL,
  created_by jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT view_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT view_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT view_kind_check CHECK ((kind = ANY (ARRAY['device'::text, 'sim'::text])))
);
CREATE UNIQUE INDEX view_own_name ON view USING btree (account_id, kind, created_by, name) WHERE (NOT is_shared);
CREATE UNIQUE INDEX view_shared_name ON view USING btree (account_id, kind, name) WHERE is_shared;

CREATE TABLE webhook (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  url text NOT NULL,
  types text[] NOT NULL,
  description text,
  is_enabled boolean NOT NULL,
  disabled_reason text,
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_until timestamp with time zone,
  "position" text COLLATE "C" NOT NULL,
  failing_since timestamp with time zone,
  held_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  deleted_at timestamp with time zone,
  filter text,
  CONSTRAINT webhook_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT webhook_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
) WITH (fillfactor=50);

CREATE TABLE webhook_delivery (
  account_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting'::text,
  due_at timestamp with time zone DEFAULT now(),
  claim uuid,
  claimed_at timestamp with time zone,
  leased_until timestamp with time zone,
  tries integer NOT NULL DEFAULT 0,
  attempts jsonb NOT NULL DEFAULT '[]'::jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT webhook_delivery_pkey PRIMARY KEY (account_id, webhook_id, event_id),
  CONSTRAINT webhook_delivery_account_id_webhook_id_fkey FOREIGN KEY (account_id, webhook_id) REFERENCES webhook(account_id, id),
  CONSTRAINT webhook_delivery_check CHECK (((due_at IS NOT NULL) = (state = 'waiting'::text))),
  CONSTRAINT webhook_delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'succeeded'::text, 'failed'::text])))
) WITH (fillfactor=70);
CREATE INDEX webhook_delivery_by_state ON webhook_delivery USING btree (account_id, webhook_id, state, event_id);
CREATE INDEX webhook_delivery_due ON webhook_delivery USING btree (webhook_id, due_at) WHERE (due_at IS NOT NULL);

CREATE TABLE xray_recording (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  session_id uuid NOT NULL,
  device_id uuid NOT NULL,
  began_at timestamp with time zone NOT NULL,
  duration_ms bigint NOT NULL,
  bytes bigint NOT NULL,
  CONSTRAINT xray_recording_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT xray_recording_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX xray_recording_of_device ON xray_recording USING btree (account_id, device_id, id);
CREATE INDEX xray_recording_of_session ON xray_recording USING btree (account_id, session_id, id);

CREATE TABLE xray_recording_part (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  recording_id uuid NOT NULL,
  device_id uuid NOT NULL,
  sealed bytea NOT NULL,
  CONSTRAINT xray_recording_part_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT xray_recording_part_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id)
);
CREATE INDEX xray_part_of_device ON xray_recording_part USING btree (account_id, device_id, id);
CREATE INDEX xray_part_of_recording ON xray_recording_part USING btree (account_id, recording_id, id);

CREATE TABLE xray_session (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  device_id uuid NOT NULL,
  service text NOT NULL,
  actor jsonb NOT NULL,
  reason text,
  address text NOT NULL,
  user_agent text,
  node_id uuid NOT NULL,
  node_address text NOT NULL,
  began_at timestamp with time zone NOT NULL DEFAULT now(),
  attached_at timestamp with time zone,
  lease_until timestamp with time zone NOT NULL,
  idle_minutes integer NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  bytes_up bigint NOT NULL DEFAULT 0,
  bytes_down bigint NOT NULL DEFAULT 0,
  latency_ms integer,
  take_over jsonb,
  ended_at timestamp with time zone,
  end_reason text,
  is_recorded boolean NOT NULL DEFAULT false,
  CONSTRAINT xray_session_pkey PRIMARY KEY (account_id, id),
  CONSTRAINT xray_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT xray_session_service CHECK ((service = ANY (ARRAY['adb'::text, 'vnc'::text])))
) WITH (fillfactor=50);
CREATE INDEX xray_awaited ON xray_session USING btree (began_at) WHERE ((ended_at IS NULL) AND (attached_at IS NULL));
CREATE INDEX xray_by_device ON xray_session USING btree (account_id, device_id, id);
CREATE INDEX xray_lease ON xray_session USING btree (lease_until) WHERE (ended_at IS NULL);
CREATE UNIQUE INDEX xray_of_device ON xray_session USING btree (device_id) WHERE (ended_at IS NULL);
CREATE INDEX xray_open ON xray_session USING btree (account_id, id) WHERE (ended_at IS NULL);

CREATE TABLE xray_ticket (
  account_id uuid NOT NULL,
  hash bytea NOT NULL,
  session_id uuid NOT NULL,
  device_id uuid NOT NULL,
  service text NOT NULL,
  actor jsonb NOT NULL,
  reason text,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT xray_ticket_pkey PRIMARY KEY (hash),
  CONSTRAINT xray_ticket_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id),
  CONSTRAINT xray_ticket_service CHECK ((service = ANY (ARRAY['adb'::text, 'vnc'::text])))
);
CREATE INDEX xray_ticket_expired ON xray_ticket USING btree (expires_at);

-- Columns of the views

-- account_document
--   account_id uuid
--   document json

-- alert_document
--   account_id uuid
--   id uuid
--   state text
--   rule_id uuid
--   device_id uuid
--   severity text
--   document json

-- alert_rule_document
--   account_id uuid
--   id uuid
--   document json

-- api_key_document
--   account_id uuid
--   id uuid
--   document json

-- app_document
--   account_id uuid
--   package text
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

-- audit_document
--   account_id uuid
--   id text
--   time timestamp with time zone
--   actor_id text
--   action text
--   subject_id text
--   document json

-- audit_event
--   account_id uuid
--   id text
--   type text
--   time timestamp with time zone

-- audit_event_document
--   account_id uuid
--   id text
--   document json

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

-- carrier_document
--   account_id uuid
--   name text
--   type text
--   document json

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
--   group_name text

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
--   groups text[]
--   created_by jsonb

-- group_document
--   account_id uuid
--   name text
--   document json

-- job_document
--   account_id uuid
--   id uuid
--   kind text
--   state text
--   document text
--   groups text[]
--   created_by jsonb

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

-- schedule_document
--   account_id uuid
--   id uuid
--   document text

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

-- usage_source_day
--   account_id uuid
--   iccid text
--   month date
--   source text
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

-- view_document
--   account_id uuid
--   id uuid
--   kind text
--   is_shared boolean
--   created_by jsonb
--   document json

-- webhook_delivery_document
--   account_id uuid
--   webhook_id uuid
--   event_id text
--   state text
--   document json

-- webhook_document
--   account_id uuid
--   id uuid
--   document json

-- xray_document
--   account_id uuid
--   id uuid
--   device_id uuid
--   ended_at timestamp with time zone
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

CREATE OR REPLACE FUNCTION public.search_long_grams(account uuid, slice text, written text)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE COST 10000
AS $function$
DECLARE
  seed bigint := hashtextextended(account::text || slice, 0);
  grams bigint[] := '{}';
BEGIN
  FOR place IN 1 .. length(written) - 3 LOOP
    grams := grams || hashtextextended(substr(written, place, 4), seed);
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

CREATE OR REPLACE FUNCTION public.version_key(written text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT COST 1000
RETURN (SELECT (COALESCE(string_agg(CASE WHEN (t.part[1] IS NOT NULL) THEN (('5'::text || lpad((length(ltrim(t.part[1], '0'::text)))::text, 4, '0'::text)) || ltrim(t.part[1], '0'::text)) WHEN (t.part[2] IS NOT NULL) THEN '1'::text WHEN (t.part[3] IS NOT NULL) THEN '3'::text ELSE (('4'::text || t.part[4]) || ''::text) END, ''::text ORDER BY t.place), ''::text) || '2'::text) FROM regexp_matches(regexp_replace(search_text(version_key.written), '^\s*v(?=[0-9])'::text, ''::text), '([0-9]+)|(-(?=[^-0-9.+_\s()]))|(\+)|([^-0-9.+_\s()]+)'::text, 'g'::text) WITH ORDINALITY t(part, place))
;

-- Functions

-- add_built_in_carriers() trigger
-- alert_event_data(a alert) jsonb
-- alert_subject(account uuid, kind text, subject text) json
-- app_counters(apps text) TABLE(kind text, key text)
-- app_version(apps text, package text) text
-- app_version_prefix(package text) text
-- app_versions(account uuid, package text, most integer) TABLE(version text, devices bigint)
-- artifact_path(type text, name text, version text) text
-- assign_deployments(account uuid, devices uuid[]) void
-- assign_to_locked(account uuid, devices uuid[]) void
-- audit_hash(e audit_entry, number bigint, previous bytea) bytea
-- batch_counts(account uuid, batch uuid, is_counted boolean) TABLE(state text, devices bigint)
-- batch_states(b batch) TABLE(state text, devices bigint)
-- begin_alerts(account uuid) void
-- begin_alerts_of_account() trigger
-- begin_event_day(day text) void
-- begin_heartbeat() trigger
-- can_be_given(kind text, deployable text) boolean
-- can_be_told(kind text, command text) boolean
-- card_of(iccid text) text
-- chain_audit(most integer) integer
-- check_imei_lock() trigger
-- command_timing(not_before timestamp with time zone, time_window jsonb, device_zone text, OUT wakes_at timestamp with time zone, OUT closes_at timestamp with time zone) record
-- commands_repeated_after(latest timestamp with time zone, most integer) SETOF tid
-- commands_to_repeat(at_gateway uuid, after_seconds integer, most integer) SETOF tid
-- commands_to_send(at_gateway uuid, most integer) SETOF tid
-- count_alerts() trigger
-- count_apps() trigger
-- count_batch_commands() trigger
-- count_deployment_devices() trigger
-- count_devices() trigger
-- count_roll_out() trigger
-- counted_state(state text, place integer) text
-- cut_off_attempt(claimed_at timestamp with time zone) jsonb
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
-- first_alert_rules() TABLE(name text, condition text, below integer, percent integer, for_minutes integer, severity text, is_enabled boolean)
-- first_events_of_type(account uuid, of_type text, first text, behind text, is_up boolean, most integer) SETOF text
-- follow_checkin() trigger
-- follow_presence() trigger
-- forget_batch_counts() trigger
-- forget_earlier_group() trigger
-- forget_group(account uuid, gone text, most integer) boolean
-- groups_of(account uuid, principal uuid, is_restricted boolean) text[]
-- hold_back_sweep() trigger
-- index_usage_period(name text) void
-- installed_app(account uuid, package text, total bigint, most integer) json
-- instant_of(local timestamp without time zone, zone text) timestamp with time zone
-- is_alert_for(account uuid, alert_id text, webhook uuid) boolean
-- is_timezone(zone text) boolean
-- is_told_to(e event, groups text[]) boolean
-- iso_time(moment timestamp with time zone) text
-- join_deployments() trigger
-- judge_limit() trigger
-- keep_audit_entry() trigger
-- keep_desired_state(account uuid, deployments uuid[]) void
-- keep_device_labels() trigger
-- keep_device_search() trigger
-- keep_event() trigger
-- keep_principal_name() trigger
-- keep_sim_search() trigger
-- last_event_id() text
-- leave_deployments() trigger
-- mark_deleted_group() trigger
-- marker_values(account uuid, marker_key text, first_day date, end_day date) SETOF text
-- month_start() date
-- move_audit_chain(head audit_chain) void
-- new_id() uuid
-- next_digest(pace text, zone text, since timestamp with time zone) timestamp with time zone
-- next_event_day() TABLE("from" text, "to" text)
-- note_ended_credential() trigger
-- note_regrouped() trigger
-- note_user_change() trigger
-- notification_event(n notification, state text, actor jsonb, reason text) new_event
-- path_segment(name text) text
-- preferences_document(u app_user) json
-- reconcile(accounts uuid[], devices uuid[]) void
-- reconcile_with(accounts uuid[], devices uuid[], revisions text[]) void
-- record_events(events new_event[]) void
-- record_notifications() trigger
-- record_sim_device() trigger
-- recount_markers() trigger
-- reported(members text) json
-- reported_apps(apps text) TABLE(name text, version text)
-- search_fragment(written text) text
-- search_grams(account uuid, slice text, written text) bigint[]
-- search_long_grams(account uuid, slice text, written text) bigint[]
-- search_text(written text) text
-- sim_lock(account_id uuid) bigint
-- sim_search_text(s sim) text
-- tie_sims() trigger
-- told_data(e event, groups text[]) jsonb
-- told_document(e event, groups text[]) json
-- told_text(account uuid, event_id text, groups jsonb) text
-- unify_card(account uuid, old text) void
-- unify_cards(most integer) integer
-- unplaced_devices(d deployment) bigint
-- usage_begin(account_id uuid) usage_period
-- usage_either(a bigint, b bigint) bigint
-- usage_either_days(a bigint[], b bigint[]) bigint[]
-- usage_lock(account_id uuid) bigint
-- usage_model(upload numeric, download numeric, day date) text
-- usage_month(place integer, bytes bigint) bigint[]
-- usage_of_sim(account uuid, sim text, first_day date, end_day date) TABLE(day date, upload bigint, download bigint)
-- usage_record_key(iccid text, id text) bigint
-- usage_sim_key(iccid text) bigint
-- usage_total(days bigint[]) bigint
-- utc_day(moment timestamp with time zone) date
-- version_key(written text) text
-- version_mark(version text) text
-- wait_for_placing(account uuid, left_group text) void
-- window_opening(time_window jsonb, device_zone text, at timestamp with time zone, OUT opens_at timestamp with time zone, OUT closes_at timestamp with time zone) record
-- with_attempt(attempts jsonb, attempt jsonb) jsonb
-- with_identities(account uuid, document jsonb) jsonb
-- with_name(account uuid, who jsonb) jsonb
-- with_payload(document text, payload text) text
-- write_identity() trigger
