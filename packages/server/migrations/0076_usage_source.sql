-- What sources say of the days of SIMs, a row a month. A figure is the newest of a source for that day, and replaces the one
-- before; NULL where there is none. What a source has sent in records counts on the days for which it gave no figure.
CREATE TABLE usage_source_month (
  account_id uuid NOT NULL,
  month date NOT NULL,
  iccid text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  upload bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]) CHECK (cardinality(upload) = 31),
  download bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]) CHECK (cardinality(download) = 31),
  sent_upload bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]) CHECK (cardinality(sent_upload) = 31),
  sent_download bigint[] NOT NULL DEFAULT array_fill(NULL::bigint, ARRAY[31]) CHECK (cardinality(sent_download) = 31),
  PRIMARY KEY (account_id, month, iccid, source)
) WITH (fillfactor = 50);
