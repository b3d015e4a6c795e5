-- They are `assign_deployments` and `reconcile` now.
DROP FUNCTION desire(uuid, uuid[]);
DROP FUNCTION settle(uuid[], uuid[]);
