CREATE OR REPLACE VIEW account_document AS
SELECT id AS account_id, json_build_object(
  'id', id, 'name', name, 'totpRequired', totp_required, 'timezone', timezone, 'xrayReasonRequired', xray_reason_required,
  'xrayShellsRecorded', xray_shells_recorded, 'createdAt', iso_time(created_at),
  'self', '/v1/default/account') AS document
FROM account;
