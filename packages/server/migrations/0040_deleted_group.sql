-- What a deleted group leaves is forgotten in portions: it may have any number of deployments and tokens.
CREATE TABLE deleted_group (
  account_id uuid NOT NULL REFERENCES account,
  name text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, name)
);

DROP TRIGGER forget_deployments ON device_group;

DROP FUNCTION forget_deployments;

ALTER TABLE enrollment DROP CONSTRAINT enrollment_account_id_group_name_fkey;
