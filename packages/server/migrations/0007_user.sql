ALTER TABLE account ADD COLUMN totp_required boolean NOT NULL DEFAULT false;

CREATE VIEW account_document AS
SELECT id AS account_id, json_build_object(
  'id', id, 'name', name, 'totpRequired', totp_required, 'createdAt', iso_time(created_at),
  'self', '/v1/default/account') AS document
FROM account;

CREATE TABLE app_user (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  -- In lower case.
  email text COLLATE "C" NOT NULL,
  name text,
  scopes text[] NOT NULL,
  password_hash text,
  -- Sealed; the pending one counts once a first code has confirmed it.
  totp_secret bytea,
  totp_pending bytea,
  -- The time step of the last code that was taken: no code works twice.
  totp_step bigint NOT NULL DEFAULT 0,
  -- Tokens of an earlier generation are dead.
  token_generation int NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  joined_at timestamptz,
  disabled_at timestamptz,
  last_sign_in_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX user_email ON app_user (account_id, email) WHERE deleted_at IS NULL;
CREATE INDEX user_by_email ON app_user (email) WHERE deleted_at IS NULL;
-- Each node looks here several times a second for users to forget.
CREATE INDEX user_changed ON app_user (changed_at);

CREATE FUNCTION note_user_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER note_user_change BEFORE UPDATE OF scopes, token_generation, disabled_at, deleted_at ON app_user
FOR EACH ROW EXECUTE FUNCTION note_user_change();

CREATE VIEW user_document AS
SELECT account_id, id, json_strip_nulls(json_build_object(
  'id', id, 'email', email, 'name', name,
  'state', CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN joined_at IS NULL THEN 'invited' ELSE 'active' END,
  'scopes', scopes, 'hasTotp', totp_secret IS NOT NULL, 'createdAt', iso_time(created_at),
  'joinedAt', iso_time(joined_at), 'lastSignInAt', iso_time(last_sign_in_at),
  'self', '/v1/default/user/' || id)) AS document
FROM app_user WHERE deleted_at IS NULL;

-- The last passwords, the present one included.
CREATE TABLE password_history (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hash text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account_id, user_id, set_at),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

CREATE TABLE recovery_code (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (account_id, user_id, hash),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

-- One live link a user: a newer one takes the place of the older.
CREATE TABLE user_link (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL CONSTRAINT user_link_token UNIQUE,
  kind text NOT NULL CHECK (kind IN ('invitation', 'reset')),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, user_id),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

-- Who a user is at an identity provider, from the first sign-in by it on.
CREATE TABLE user_identity (
  account_id uuid NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL,
  PRIMARY KEY (account_id, issuer, subject),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);
CREATE INDEX user_identity_subject ON user_identity (issuer, subject);
CREATE INDEX user_identity_user ON user_identity (account_id, user_id);

-- Browsers and addresses that a user signed in from: no guessing elsewhere keeps them out.
CREATE TABLE known_place (
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  mark bytea NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, user_id, mark),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);

CREATE TABLE user_session (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL CONSTRAINT user_session_token UNIQUE,
  state text NOT NULL CHECK (state IN ('active', 'totpRequired', 'totpEnrollmentRequired')),
  address text NOT NULL,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, user_id) REFERENCES app_user ON DELETE CASCADE
);
CREATE INDEX user_session_user ON user_session (account_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX user_session_ended ON user_session (ended_at) WHERE ended_at IS NOT NULL;

-- Leaky buckets of guesses: a failure adds one, time drains them.
CREATE TABLE guess (
  name bytea PRIMARY KEY,
  level double precision NOT NULL,
  per_second double precision NOT NULL,
  at timestamptz NOT NULL
);

-- What tokens are signed with; the private part is sealed.
CREATE TABLE signing_key (
  id text PRIMARY KEY,
  public_key jsonb NOT NULL,
  private_key bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
