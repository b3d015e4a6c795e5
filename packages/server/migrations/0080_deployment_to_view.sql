-- A deployment is for a group, or for the devices that match a filter: its own, or that of a view as it was when the deployment began.
ALTER TABLE deployment ALTER COLUMN group_name DROP NOT NULL;
ALTER TABLE deployment ADD COLUMN view_id uuid;
ALTER TABLE deployment ADD COLUMN filter text;
ALTER TABLE deployment ADD CONSTRAINT deployment_target
  CHECK ((group_name IS NULL) = (filter IS NOT NULL) AND (view_id IS NULL OR filter IS NOT NULL)) NOT VALID;
-- When the search for devices that match began, when it ended, and whether it is the first one.
ALTER TABLE deployment ADD COLUMN search_began_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE deployment ADD COLUMN search_ended_at timestamptz;
ALTER TABLE deployment ADD COLUMN is_first_search boolean NOT NULL DEFAULT true;
CREATE INDEX deployment_of_filter ON deployment (account_id, slot) WHERE filter IS NOT NULL AND state IN ('running', 'paused');
