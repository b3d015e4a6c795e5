CREATE TABLE project (
  account_id uuid NOT NULL REFERENCES account,
  name text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT project_name PRIMARY KEY (account_id, name)
);

CREATE VIEW project_document AS
SELECT account_id, name, json_build_object(
  'name', name, 'self', '/v1/default/project/' || path_segment(name), 'createdAt', iso_time(created_at)) AS document
FROM project;

-- Bytes that arrived and are not registered yet, and what they were found to be.
CREATE TABLE upload (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  type text NOT NULL,
  sha256 text NOT NULL REFERENCES storage_object,
  -- What the bytes say of themselves, or why they cannot be registered.
  facts json,
  refusal json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id)
);
CREATE INDEX upload_content ON upload (sha256);
CREATE INDEX upload_created ON upload (created_at);

-- What was once registered never changes and never goes.
CREATE TABLE artifact (
  account_id uuid NOT NULL REFERENCES account,
  -- For lists: the order of registration.
  id uuid NOT NULL,
  type text NOT NULL,
  name text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  sha256 text NOT NULL REFERENCES storage_object,
  -- Of an APK what it says, of media its type, of a config its YAML.
  facts json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, id),
  CONSTRAINT artifact_version UNIQUE (account_id, type, name, version)
);
CREATE INDEX artifact_content ON artifact (sha256);
CREATE INDEX artifact_by_name ON artifact (account_id, type, name, id);

CREATE FUNCTION artifact_path(type text, name text, version text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN '/v1/default/artifact/' || type || '/' || path_segment(name) || '/' || path_segment(version);

-- The config is the sender's own, nulls included.
CREATE VIEW artifact_document AS
SELECT account_id, id, type, name, version, sha256, size,
  left(json_strip_nulls(json_build_object(
    'type', type, 'name', name, 'version', version, 'self', artifact_path(type, name, version), 'size', size,
    'checksum', json_build_object('sha1', sha1, 'sha256', sha256, 'md5', md5), 'createdAt', iso_time(created_at),
    'contentUrl', artifact_path(type, name, version) || '/content',
    'apk', CASE type WHEN 'apk' THEN facts END, 'media', CASE type WHEN 'media' THEN facts END))::text, -1) ||
  CASE type WHEN 'config' THEN ',"config":' || facts ELSE '' END || '}' AS document
FROM artifact JOIN storage_object USING (sha256);

-- One build for each version of a project, for ever: one that failed is tried again in its row.
CREATE TABLE build (
  account_id uuid NOT NULL REFERENCES account,
  id uuid NOT NULL,
  project text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  mason_version text,
  -- The CLI names a build by it, in milliseconds.
  submitted_at bigint NOT NULL,
  state text NOT NULL DEFAULT 'SUBMITTED',
  errors text[],
  manifest json,
  requested_by jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  PRIMARY KEY (account_id, id),
  CONSTRAINT build_version UNIQUE (account_id, project, version),
  CONSTRAINT build_submitted UNIQUE (account_id, submitted_at),
  FOREIGN KEY (account_id, project) REFERENCES project
);
CREATE INDEX build_of_project ON build (account_id, project, id);

CREATE VIEW build_document AS
SELECT account_id, id, project, version,
  left(json_strip_nulls(json_build_object(
    'id', id, 'self', '/v1/default/project/' || path_segment(project) || '/build/' || path_segment(version),
    'project', project, 'version', version, 'state', state, 'errors', errors, 'createdAt', iso_time(created_at),
    'finishedAt', iso_time(finished_at)))::text, -1) || coalesce(',"manifest":' || manifest, '') || '}' AS document
FROM build;
