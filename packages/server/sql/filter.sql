-- A member of a report as it stands in a document, such as ',"battery":{"level":"81"}'. As json: numbers need not be read.
CREATE OR REPLACE FUNCTION reported(members text) RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{' || substr(members, 2) || '}')::json;

-- The version of a package among those that a device reports. Most have a name that is written as it is, so that a text without it
-- need not be read.
CREATE OR REPLACE FUNCTION app_version(apps text, package text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN strpos(apps, package) > 0 OR strpos(apps, '\') > 0 THEN (
  SELECT app ->> 'version' FROM json_array_elements(reported(apps) -> 'apps') AS app WHERE app ->> 'name' = package LIMIT 1) END;
