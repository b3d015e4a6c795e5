-- A text whose order, by its bytes, is that of versions: numbers count as numbers, and at every place it holds that
-- '-beta' < the end < '+build' < letters < a number. Separators between them are all the same.
CREATE FUNCTION version_key(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN (
  SELECT coalesce(string_agg(
    CASE WHEN part[1] IS NOT NULL THEN '5' || lpad(length(ltrim(part[1], '0'))::text, 4, '0') || ltrim(part[1], '0')
         WHEN part[2] IS NOT NULL THEN '1'
         WHEN part[3] IS NOT NULL THEN '3'
         ELSE '4' || part[4] || E'\x01' END, '' ORDER BY place), '') || '2'
  FROM regexp_matches(regexp_replace(search_text(written), '^\s*v(?=[0-9])', ''),
                      '([0-9]+)|(-(?=[^-0-9.+_\s()]))|(\+)|([^-0-9.+_\s()]+)', 'g') WITH ORDINALITY AS t (part, place));
