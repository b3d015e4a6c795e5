-- Texts are filtered and sorted without regard to case, and a page of what is equal is in the order of ids.
CREATE INDEX CONCURRENTLY device_by_any_name ON device (account_id, (search_text(name) COLLATE "C"), id);

CREATE INDEX CONCURRENTLY device_by_any_serialnumber ON device (account_id, (search_text(serialnumber) COLLATE "C"), id);

CREATE INDEX CONCURRENTLY device_by_any_family ON device (account_id, (search_text(family) COLLATE "C"), id);

CREATE INDEX CONCURRENTLY device_by_any_group ON device (account_id, (search_text(group_name) COLLATE "C"), id);

CREATE INDEX CONCURRENTLY device_by_release ON device (account_id, (version_key(os_release) COLLATE "C"), id);

CREATE INDEX CONCURRENTLY device_by_creation ON device (account_id, created_at, id);

CREATE INDEX CONCURRENTLY device_with_conflict ON device (account_id, id) WHERE has_conflict;

CREATE INDEX CONCURRENTLY device_with_report_faults ON device (account_id, id) WHERE report_faults IS NOT NULL;

CREATE INDEX CONCURRENTLY sim_by_any_name ON sim (account_id, (search_text(name) COLLATE "C"), iccid);

CREATE INDEX CONCURRENTLY sim_by_any_carrier ON sim (account_id, (search_text(carrier) COLLATE "C"), iccid);

CREATE INDEX CONCURRENTLY sim_by_creation ON sim (account_id, created_at, iccid);

CREATE INDEX CONCURRENTLY sim_marker_by_any_value ON sim_marker (account_id, key, (search_text(value) COLLATE "C"), iccid) WHERE until_day = 'infinity';
