CREATE INDEX CONCURRENTLY device_search_by_long_gram ON device_search
USING gin (search_long_grams(account_id, slice, text)) WITH (gin_pending_list_limit = 128);

CREATE INDEX CONCURRENTLY sim_search_by_long_gram ON sim_search
USING gin (search_long_grams(account_id, slice, text)) WITH (gin_pending_list_limit = 128);
