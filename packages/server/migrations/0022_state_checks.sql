-- A column that has one of a few values says which. NOT VALID: no row is read while the tables are locked; `migrate` validates.
ALTER TABLE artifact
  ADD CONSTRAINT artifact_type CHECK (type IN ('apk', 'config', 'media', 'ota')) NOT VALID;
ALTER TABLE batch
  ADD CONSTRAINT batch_type
    CHECK (type IN ('refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish')) NOT VALID;
ALTER TABLE build
  ADD CONSTRAINT build_state CHECK (state IN ('SUBMITTED', 'COMPLETED', 'FAILED')) NOT VALID;
ALTER TABLE deployment
  ADD CONSTRAINT deployment_type CHECK (type IN ('apk', 'config', 'ota')) NOT VALID,
  ADD CONSTRAINT deployment_state CHECK (state IN ('running', 'paused', 'finished', 'canceled')) NOT VALID;
ALTER TABLE deployment_device
  ADD CONSTRAINT deployment_device_state CHECK (state IN ('waiting', 'told', 'succeeded', 'failed')) NOT VALID;
ALTER TABLE export
  ADD CONSTRAINT export_kind CHECK (kind IN ('device', 'sim', 'usage')) NOT VALID,
  ADD CONSTRAINT export_format CHECK (format IN ('csv', 'ndjson')) NOT VALID,
  ADD CONSTRAINT export_state CHECK (state IN ('queued', 'running', 'succeeded', 'failed')) NOT VALID;
ALTER TABLE notification
  ADD CONSTRAINT notification_type
    CHECK (type IN ('refresh', 'check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish')) NOT VALID,
  ADD CONSTRAINT notification_state
    CHECK (state IN ('queued', 'sent', 'acknowledged', 'succeeded', 'failed', 'expired', 'canceled')) NOT VALID;
ALTER TABLE sim
  ADD CONSTRAINT sim_state CHECK (state IN ('ready', 'active', 'suspended', 'deactivated')) NOT VALID,
  ADD CONSTRAINT sim_pending_state CHECK (pending_state IN ('ready', 'active', 'suspended', 'deactivated')) NOT VALID,
  ADD CONSTRAINT sim_data_limit_action CHECK (data_limit_action IN ('alert', 'suspend')) NOT VALID;
ALTER TABLE sim_over_limit
  ADD CONSTRAINT sim_over_limit_action CHECK (action IN ('alert', 'suspend')) NOT VALID;
ALTER TABLE subscription_change
  ADD CONSTRAINT subscription_change_type CHECK (type IN ('device_data_pool', 'pay_as_you_go')) NOT VALID;
ALTER TABLE upload
  ADD CONSTRAINT upload_type CHECK (type IN ('apk', 'config', 'media', 'ota')) NOT VALID;
