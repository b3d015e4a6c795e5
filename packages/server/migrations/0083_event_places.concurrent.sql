CREATE INDEX CONCURRENTLY event_of_subject ON event ((account_id::text), (subject ->> 'id'), id) WHERE NOT subject ->> 'kind' IN ('device', 'notification');

CREATE INDEX CONCURRENTLY event_of_actor ON event ((account_id::text), (actor ->> 'id'), id) WHERE NOT actor ->> 'kind' IN ('device', 'system');

CREATE INDEX CONCURRENTLY event_of_job ON event ((account_id::text), (data ->> 'job'), id) WHERE data ? 'job';

CREATE INDEX CONCURRENTLY event_single ON event ((account_id::text), id) WHERE NOT (data ? 'batch' OR data ? 'job');
