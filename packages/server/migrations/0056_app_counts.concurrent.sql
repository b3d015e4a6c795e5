-- The job that folds removes those; now that each version of an app has a counter, it must not look at all of them.
CREATE INDEX CONCURRENTLY counter_zero ON counter (account_id) WHERE value = 0;
