SELECT begin_alerts(id) FROM account WHERE NOT EXISTS (SELECT FROM alert_follower AS f WHERE f.account_id = account.id) LIMIT 100;
