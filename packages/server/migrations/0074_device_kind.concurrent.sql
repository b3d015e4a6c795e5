CREATE INDEX CONCURRENTLY device_by_kind ON device (account_id, (search_text(kind) COLLATE "C"), id);
