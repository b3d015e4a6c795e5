-- Numbers that are counted up share most of their fragments of three characters: of 1,000,000 devices, a serial number's are in the
-- texts of 12,500 others. Those of four characters are in forty times fewer.
CREATE FUNCTION search_long_grams(account uuid, slice text, written text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
DECLARE
  seed bigint := hashtextextended(account::text || slice, 0);
  grams bigint[] := '{}';
BEGIN
  FOR place IN 1 .. length(written) - 3 LOOP
    grams := grams || hashtextextended(substr(written, place, 4), seed);
  END LOOP;
  RETURN grams;
END $$;
