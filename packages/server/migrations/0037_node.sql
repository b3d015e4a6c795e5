-- The nodes of the platform. A node that serves devices has a row in gateway too, under the same id: how long its connections count.
CREATE TABLE node (
  id uuid PRIMARY KEY,
  version text NOT NULL,
  roles text[] NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now(),
  is_draining boolean NOT NULL DEFAULT false,
  connections int NOT NULL,
  event_lag_ms int NOT NULL
);
