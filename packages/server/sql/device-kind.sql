-- Whether devices of a kind can be sent a command, as contract/ability.ts says it.
CREATE OR REPLACE FUNCTION can_be_told(kind text, command text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind WHEN 'headwind' THEN command <> 'shutdown' WHEN 'mdmesh' THEN command NOT IN ('shutdown', 'application')
  ELSE true END;

-- Whether something of this type can be deployed to devices of a kind, as contract/ability.ts says it.
CREATE OR REPLACE FUNCTION can_be_given(kind text, deployable text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind
  WHEN 'headwind' THEN deployable <> 'ota'
  WHEN 'mdmesh' THEN deployable = 'apk'
  ELSE true END;
