-- Every SQL statement of the suite, by name. A check uses one with sql("name").
--
-- Rules: read-only; one row with one number; NULL means "nothing to judge" and makes the check unknown.
-- %(now)s is the site's local time: Frappe writes naive site time, so the server's NOW() is off by the zone.
-- Windows are found by `modified`, the only indexed time column, and then narrowed by `creation`.
-- A literal percent sign is written twice.

-- name: database_connections_percent
SELECT 100 * (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED') / @@max_connections

-- An account without PROCESS sees its own threads only and would find all well: INNODB_TRX refuses it.
-- name: database_longest_query_seconds
SELECT COALESCE(MAX(TIME), 0) + 0 * (SELECT COUNT(*) FROM information_schema.INNODB_TRX)
FROM information_schema.PROCESSLIST
WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump') AND DB = DATABASE() AND ID <> CONNECTION_ID()

-- name: database_longest_transaction_seconds
SELECT COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) FROM information_schema.INNODB_TRX

-- name: database_size_bytes
SELECT SUM(data_length + index_length) FROM information_schema.TABLES WHERE table_schema = DATABASE()

-- name: scheduler_switch
SELECT CAST(COALESCE((SELECT value FROM tabSingles WHERE doctype = 'System Settings' AND field = 'enable_scheduler'), '0') AS UNSIGNED)

-- name: scheduler_last_execution_age_seconds
SELECT TIMESTAMPDIFF(SECOND, MAX(last_execution), %(now)s) FROM `tabScheduled Job Type` WHERE stopped = 0

-- name: scheduler_frequent_jobs_age_seconds
SELECT TIMESTAMPDIFF(SECOND, MAX(last_execution), %(now)s) FROM `tabScheduled Job Type` WHERE stopped = 0 AND frequency = 'All'

-- name: scheduler_stopped_jobs
SELECT COUNT(*) FROM `tabScheduled Job Type` WHERE stopped = 1

-- name: scheduler_failed_jobs_24h
SELECT COUNT(*) FROM `tabScheduled Job Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Failed'

-- name: scheduler_jobs_stuck_in_start
SELECT COUNT(*) FROM `tabScheduled Job Log`
WHERE status = 'Start' AND modified < %(now)s - INTERVAL 2 HOUR AND modified > %(now)s - INTERVAL 7 DAY

-- name: errors_1h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR

-- name: errors_24h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- name: active_users_24h
SELECT COUNT(DISTINCT user) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY
  AND COALESCE(status, '') <> 'Failed' AND COALESCE(user, '') NOT IN ('', 'Guest')

-- name: failed_logins_1h
SELECT COUNT(*) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND operation = 'Login' AND status = 'Failed'

-- name: mail_errors_24h
SELECT COUNT(*) FROM `tabEmail Queue`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status IN ('Error', 'Partially Sent')

-- name: mail_oldest_unsent_age_seconds
SELECT COALESCE(TIMESTAMPDIFF(SECOND, MIN(GREATEST(creation, COALESCE(send_after, creation))), %(now)s), 0)
FROM `tabEmail Queue` WHERE status = 'Not Sent' AND (send_after IS NULL OR send_after <= %(now)s)

-- name: mail_retrying
SELECT COUNT(*) FROM `tabEmail Queue` WHERE status = 'Not Sent' AND retry > 0

-- name: mail_waiting
SELECT COUNT(*) FROM `tabEmail Queue` WHERE status = 'Not Sent' AND (send_after IS NULL OR send_after <= %(now)s)

-- name: sepa_failed_batches_1d
SELECT COUNT(*) FROM `tabDirect Debit Batch` WHERE modified > %(now)s - INTERVAL 1 DAY AND status = 'Failed'

-- name: sepa_failed_batches_7d
SELECT COUNT(*) FROM `tabDirect Debit Batch` WHERE modified > %(now)s - INTERVAL 7 DAY AND status = 'Failed'
