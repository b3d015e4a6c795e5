-- Commands and roll-outs are counted by state from here on. Who writes them waits for the triggers.
LOCK TABLE notification, deployment IN SHARE ROW EXCLUSIVE MODE;

-- Commands of before are not counted: to find them would be to read all of them. They come to their end in days.
CREATE TABLE command_count (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  since timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO command_count DEFAULT VALUES;

INSERT INTO counter SELECT account_id, 'rollout', state, count(*) FROM deployment GROUP BY account_id, state;
