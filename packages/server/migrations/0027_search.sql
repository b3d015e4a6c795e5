-- What a search looks through. It is apart from devices and SIMs, whose rows change for other reasons: an index of fragments
-- costs a hundred entries for each row that is written anew.
-- A list is in the order of its keys, but an index of fragments has no order. So it has each fragment once for every slice of
-- the keys: those of devices that enrolled within three days (2^28 ms), or of 10,000 cards of one batch. A search goes from
-- slice to slice until its page is full.

-- The fragments of three characters, and those of two with which something begins: U+0001 stands before each name and number.
-- In PL/pgSQL, for one statement in SQL takes twice as long.
CREATE FUNCTION search_grams(account uuid, slice text, written text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
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
END $$;

CREATE TABLE device_search (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  slice text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, id) REFERENCES device ON DELETE CASCADE
);
CREATE INDEX device_search_by_slice ON device_search (account_id, slice);
CREATE INDEX device_search_by_gram ON device_search USING gin (search_grams(account_id, slice, text)) WITH (gin_pending_list_limit = 128);
-- Statistics of fragments help no plan, and took 17 s for 20,000 devices.
ALTER INDEX device_search_by_gram ALTER COLUMN 1 SET STATISTICS 0;

CREATE TABLE sim_search (
  account_id uuid NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  slice text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, iccid),
  FOREIGN KEY (account_id, iccid) REFERENCES sim ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX sim_search_by_slice ON sim_search (account_id, slice);
CREATE INDEX sim_search_by_gram ON sim_search USING gin (search_grams(account_id, slice, text)) WITH (gin_pending_list_limit = 128);
ALTER INDEX sim_search_by_gram ALTER COLUMN 1 SET STATISTICS 0;

-- Where the next portion of the devices and SIMs of before begins.
CREATE TABLE search_place (
  source text PRIMARY KEY,
  account_id uuid NOT NULL,
  key text NOT NULL
);
INSERT INTO search_place
SELECT source, '00000000-0000-0000-0000-000000000000', key
FROM (VALUES ('device', '00000000-0000-0000-0000-000000000000'), ('sim', '')) AS k (source, key);
