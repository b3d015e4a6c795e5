-- When an MDMesh agent has told last which apps its device has; unknown since it has joined.
ALTER TABLE mdmesh_device ADD COLUMN scanned_at timestamptz;
