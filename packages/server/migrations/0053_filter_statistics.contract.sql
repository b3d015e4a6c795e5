-- Until PostgreSQL has looked at the expressions of new indexes, it takes a page of what few match for one of what many do: at
-- 200,000 devices that took 16 s.
ANALYZE device;
ANALYZE sim;
