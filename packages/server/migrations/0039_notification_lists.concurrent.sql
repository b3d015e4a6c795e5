-- A list of one state or type does not walk the others. By expressions, so that only the list is offered them: without statistics a
-- check-in that looks for the open commands of its device would walk all that are open.
CREATE INDEX CONCURRENTLY notification_in_state ON notification (account_id, (state || ''), id);

CREATE INDEX CONCURRENTLY notification_of_type ON notification (account_id, (type || ''), id);
