-- What a node says of its machine, and what an operator should see to there.
ALTER TABLE node
  ADD COLUMN host text NOT NULL DEFAULT '',
  ADD COLUMN warnings text[] NOT NULL DEFAULT '{}';
