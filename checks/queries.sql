-- Every SQL statement of the suite, by name. A check uses one with sql("name").
--
-- Rules: read-only; one row with one number; NULL means "nothing to judge" and makes the check unknown.
-- The few that a probe reads row by row say so. A literal percent sign is written twice.
-- %(now)s is the site's local time: Frappe writes naive site time, so the server's NOW() is off by the zone.
-- %(target2_day_1)s to _4 are the next business days of TARGET2 after today, %(target2_closed)s its closing
-- days of this year and the next that are no weekends.
-- Windows are found by `modified`, the only indexed time column, and then narrowed by `creation`.
-- What runs in each run is served by an index; a scan is hourly or daily. Tables' own columns only, never `*`:
-- the grants are made from what is named here.

-- name: database_connections_percent
SELECT 100 * (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED') / @@max_connections

-- An account without PROCESS sees its own threads only and would find all well: INNODB_TRX refuses it.
-- name: database_longest_query_seconds
SELECT COALESCE(MAX(TIME), 0) + 0 * (SELECT COUNT(*) FROM information_schema.INNODB_TRX)
FROM information_schema.PROCESSLIST
WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump') AND DB = DATABASE() AND ID <> CONNECTION_ID()

-- name: database_longest_transaction_seconds
SELECT COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) FROM information_schema.INNODB_TRX

-- Files, not information_schema.TABLES: that shows an account the tables only that it may read.
-- name: database_size_bytes
SELECT SUM(FILE_SIZE) FROM information_schema.INNODB_SYS_TABLESPACES
WHERE LEFT(NAME, LENGTH(DATABASE()) + 1) = CONCAT(DATABASE(), '/')

-- name: largest_table_bytes
SELECT MAX(FILE_SIZE) FROM information_schema.INNODB_SYS_TABLESPACES
WHERE LEFT(NAME, LENGTH(DATABASE()) + 1) = CONCAT(DATABASE(), '/')

-- name: database_lock_waits
SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'

-- name: database_slow_queries_share_percent
SELECT 100 * SUM(IF(VARIABLE_NAME = 'SLOW_QUERIES', VARIABLE_VALUE, 0)) / SUM(IF(VARIABLE_NAME = 'QUESTIONS', VARIABLE_VALUE, 0))
FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ('SLOW_QUERIES', 'QUESTIONS')

-- A server that has read little has read it all from the disk.
-- name: database_buffer_pool_miss_percent
SELECT IF(requests < 100000, 0, 100 * missed / requests) FROM (
  SELECT SUM(IF(VARIABLE_NAME = 'INNODB_BUFFER_POOL_READS', VARIABLE_VALUE, 0)) AS missed,
         SUM(IF(VARIABLE_NAME = 'INNODB_BUFFER_POOL_READ_REQUESTS', VARIABLE_VALUE, 0)) AS requests
  FROM information_schema.GLOBAL_STATUS
  WHERE VARIABLE_NAME IN ('INNODB_BUFFER_POOL_READS', 'INNODB_BUFFER_POOL_READ_REQUESTS')
) AS pool

-- name: database_writable
SELECT @@read_only = 0 AND @@innodb_force_recovery = 0

-- TABLE_ROWS makes the server open each table; one that cannot be opened tells none.
-- name: database_unreadable_tables
SELECT COUNT(*) FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND (ENGINE IS NULL OR TABLE_ROWS IS NULL)

-- name: database_clock
SELECT UNIX_TIMESTAMP(NOW(6))

-- The newest trace of the scheduler, as the database has it: a replica lags by the difference.
-- name: database_newest_write
SELECT UNIX_TIMESTAMP(MAX(last_execution)) FROM `tabScheduled Job Type`

-- name: error_log_rows
SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'tabError Log'

-- Days that Frappe keeps them (Logs To Clear): 14, 7, 30 and 90; three more, for the job runs once a day.
-- name: log_rows_past_retention
SELECT (SELECT COUNT(*) FROM `tabError Log` WHERE modified < %(now)s - INTERVAL 17 DAY)
  + (SELECT COUNT(*) FROM `tabScheduled Job Log` WHERE modified < %(now)s - INTERVAL 10 DAY)
  + (SELECT COUNT(*) FROM `tabEmail Queue` WHERE modified < %(now)s - INTERVAL 33 DAY)
  + (SELECT COUNT(*) FROM `tabActivity Log` WHERE modified < %(now)s - INTERVAL 93 DAY)

-- name: scheduler_switch
SELECT CAST(COALESCE((SELECT value FROM tabSingles WHERE doctype = 'System Settings' AND field = 'enable_scheduler'), '0') AS UNSIGNED)

-- name: site_setup_complete
SELECT COUNT(*) FROM tabSingles WHERE doctype = 'System Settings' AND field = 'setup_complete' AND value = '1'

-- name: site_time_zone_set
SELECT COUNT(*) FROM tabSingles WHERE doctype = 'System Settings' AND field = 'time_zone' AND COALESCE(value, '') <> ''

-- name: scheduler_last_execution_age_seconds
SELECT GREATEST(TIMESTAMPDIFF(SECOND, MAX(last_execution), %(now)s), 0) FROM `tabScheduled Job Type` WHERE stopped = 0

-- name: scheduler_frequent_jobs_age_seconds
SELECT GREATEST(TIMESTAMPDIFF(SECOND, MAX(last_execution), %(now)s), 0) FROM `tabScheduled Job Type` WHERE stopped = 0 AND frequency = 'All'

-- name: scheduler_stopped_jobs
SELECT COUNT(*) FROM `tabScheduled Job Type` WHERE stopped = 1

-- name: scheduler_failed_jobs_24h
SELECT COUNT(*) FROM `tabScheduled Job Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Failed'

-- name: scheduler_jobs_stuck_in_start
SELECT COUNT(*) FROM `tabScheduled Job Log`
WHERE status = 'Start' AND modified < %(now)s - INTERVAL 2 HOUR AND modified > %(now)s - INTERVAL 7 DAY

-- More than an hour: where clocks go back, what ran just before is dated later than now.
-- name: scheduler_jobs_dated_in_future
SELECT COUNT(*) FROM `tabScheduled Job Type`
WHERE stopped = 0 AND COALESCE(last_execution, creation) > %(now)s + INTERVAL 65 MINUTE

-- A job that never ran counts from when it was made. Cron jobs by the shape of their line: each hour, each day, else a month.
-- name: scheduler_overdue_jobs
SELECT COUNT(*) FROM `tabScheduled Job Type`
WHERE stopped = 0 AND COALESCE(last_execution, creation) < %(now)s - INTERVAL (CASE
  WHEN frequency = 'All' THEN 30
  WHEN frequency LIKE 'Hourly%%' THEN 130
  WHEN frequency LIKE 'Daily%%' THEN 1560
  WHEN frequency LIKE 'Weekly%%' THEN 10320
  WHEN frequency LIKE 'Monthly%%' THEN 44880
  WHEN frequency IN ('Yearly', 'Annual') THEN 528480
  WHEN frequency = 'Cron' AND cron_format REGEXP '^[^ ]+ [*] [*] [*] [*]$' THEN 130
  WHEN frequency = 'Cron' AND cron_format REGEXP '^[^ ]+ [^ ]+ [*] [*] [*]$' THEN 1560
  ELSE 44880 END) MINUTE

-- Those of Verenigingen 0.9.0; a job that is not there is late as well.
-- name: scheduler_money_jobs_late
SELECT 7 - COUNT(*) FROM `tabScheduled Job Type`
WHERE stopped = 0 AND last_execution >= %(now)s - INTERVAL 26 HOUR AND method IN (
  'verenigingen.verenigingen.doctype.membership_dues_schedule.membership_dues_schedule.generate_dues_invoices',
  'verenigingen.utils.payment_retry.execute_payment_retry',
  'verenigingen.verenigingen_payments.utils.sepa_reconciliation.reconcile_bank_transactions',
  'verenigingen.verenigingen_payments.api.dd_batch_scheduler.daily_batch_optimization',
  'verenigingen.verenigingen_payments.doctype.direct_debit_batch.sepa_processor.create_monthly_dues_collection_batch',
  'verenigingen.verenigingen_payments.doctype.payment_plan.payment_plan.process_overdue_installments',
  'verenigingen.verenigingen_payments.api.sepa_mandate_management.periodic_sepa_mandate_child_table_sync')

-- name: scheduler_worst_job_failure_percent_7d
SELECT COALESCE(MAX(failed), 0) FROM (
  SELECT 100 * SUM(status = 'Failed') / COUNT(*) AS failed FROM `tabScheduled Job Log`
  WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY
  GROUP BY scheduled_job_type HAVING COUNT(*) >= 3
) AS job

-- name: dues_generation_age_hours
SELECT TIMESTAMPDIFF(MINUTE, MAX(last_execution), %(now)s) / 60 FROM `tabScheduled Job Type`
WHERE method LIKE '%%.generate_dues_invoices'

-- name: prepared_reports_failed_24h
SELECT COUNT(*) FROM `tabPrepared Report`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Error'

-- name: submission_queue_stuck
SELECT COUNT(*) FROM `tabSubmission Queue` WHERE status = 'Queued' AND creation < %(now)s - INTERVAL 1 HOUR

-- name: bulk_operations_stuck
SELECT COUNT(*) FROM `tabBulk Operation Tracker` WHERE status = 'Processing' AND modified < %(now)s - INTERVAL 30 MINUTE

-- name: errors_1h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR

-- name: errors_24h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- name: errors_same_title_1h
SELECT COALESCE(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM `tabError Log`
  WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR GROUP BY method
) AS title

-- name: errors_timeout_1h
SELECT COUNT(*) FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND method LIKE '%%timeout%%'

-- From 50 activities and 20 errors on: on a quiet Sunday one error is not 100 %%, and eight of 130 are chance.
-- name: error_rate_percent
SELECT IF(activities < 50 OR errors < 20, 0, 100 * errors / activities) FROM (SELECT
  (SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY) AS errors,
  (SELECT COUNT(*) FROM `tabActivity Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY) AS activities
) AS day

-- The log is kept for 14 days, so "new" means: not in the 13 days before. A log that is younger cannot tell.
-- name: errors_new_titles_24h
SELECT IF(SUM(oldest < %(now)s - INTERVAL 7 DAY) > 0, SUM(oldest > %(now)s - INTERVAL 1 DAY), 0)
FROM (SELECT MIN(creation) AS oldest FROM `tabError Log` GROUP BY method) AS title

-- name: active_users_24h
SELECT COUNT(DISTINCT user) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY
  AND COALESCE(status, '') <> 'Failed' AND COALESCE(user, '') NOT IN ('', 'Guest')

-- name: failed_logins_1h
SELECT COUNT(*) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND operation = 'Login' AND status = 'Failed'

-- name: failed_logins_one_address_1h
SELECT COALESCE(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM `tabActivity Log`
  WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
    AND operation = 'Login' AND status = 'Failed'
  GROUP BY ip_address
) AS address

-- name: impersonations_24h
SELECT COUNT(*) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND operation = 'Impersonate'

-- name: administrator_logins_24h
SELECT COUNT(*) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY
  AND operation = 'Login' AND status = 'Success' AND user = 'Administrator'

-- name: blocked_api_calls_1h
SELECT COUNT(*) FROM `tabAPI Audit Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
  AND event_type IN ('csrf_validation_failed', 'unauthorized_access_attempt', 'suspicious_activity', 'rate_limit_exceeded')

-- name: critical_api_events_1h
SELECT COUNT(*) FROM `tabAPI Audit Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND severity = 'critical'

-- name: data_exports_24h
SELECT COUNT(*) FROM `tabAccess Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND COALESCE(export_from, '') <> ''

-- A column is named, and not one that opens a session: the grants are made from what is named here.
-- name: active_sessions
SELECT COUNT(COALESCE(status, '')) FROM tabSessions

-- name: new_system_managers_24h
SELECT COUNT(DISTINCT r.parent) FROM `tabHas Role` AS r JOIN tabUser AS u ON u.name = r.parent
WHERE r.parenttype = 'User' AND r.role = 'System Manager' AND r.creation > %(now)s - INTERVAL 1 DAY AND u.enabled = 1

-- name: enabled_users_of_ended_members
SELECT COUNT(*) FROM tabMember AS m JOIN tabUser AS u ON u.name = m.user
WHERE m.status IN ('Terminated', 'Banned', 'Deceased', 'Rejected') AND u.enabled = 1

-- name: deleted_documents_24h
SELECT COUNT(*) FROM `tabDeleted Document` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- Rows: days ago, number.
-- name: silent_stop_logins
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM `tabActivity Log`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY
  AND operation = 'Login' AND status = 'Success'
GROUP BY days_ago

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

-- name: mail_error_percent_24h
SELECT IF(COUNT(*) < 20, 0, 100 * SUM(status = 'Error') / COUNT(*)) FROM `tabEmail Queue`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- name: mail_stuck_sending
SELECT COUNT(*) FROM `tabEmail Queue` WHERE status = 'Sending' AND modified < %(now)s - INTERVAL 1 HOUR

-- name: mail_unhandled_7d
SELECT COUNT(*) FROM `tabUnhandled Email` WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY

-- name: mail_outgoing_account
SELECT COUNT(*) FROM `tabEmail Account` WHERE enable_outgoing = 1 AND default_outgoing = 1 AND awaiting_password = 0

-- Rows: days ago, number.
-- name: silent_stop_mail
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM `tabEmail Queue`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND status <> 'Error'
GROUP BY days_ago

-- Business days from today to the nearest collection date; 5 stands for five and more, and for no such batch.
-- name: sepa_batches_due_without_file
SELECT COALESCE(MIN(CASE
  WHEN batch_date <= DATE(%(now)s) THEN 0
  WHEN batch_date <= %(target2_day_1)s THEN 1
  WHEN batch_date <= %(target2_day_2)s THEN 2
  WHEN batch_date <= %(target2_day_3)s THEN 3
  WHEN batch_date <= %(target2_day_4)s THEN 4
  ELSE 5 END), 5)
FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status IN ('Draft', 'Generated') AND sepa_file_generated = 0 AND batch_date >= DATE(%(now)s)

-- name: sepa_batches_past_date_unsubmitted
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status IN ('Draft', 'Generated') AND batch_date < DATE(%(now)s)

-- name: sepa_batch_date_closing_day
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status IN ('Draft', 'Generated', 'Submitted') AND batch_date >= DATE(%(now)s)
  AND (WEEKDAY(batch_date) >= 5 OR batch_date IN %(target2_closed)s)

-- name: sepa_batches_stuck_submitted
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status = 'Submitted' AND batch_date < DATE(%(now)s) - INTERVAL 5 DAY

-- name: sepa_batches_critical_validation
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status IN ('Draft', 'Generated') AND validation_status IN ('Critical Errors', 'Validation Failed')

-- name: sepa_batch_files_inconsistent
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND (
  (sepa_file_generated = 1 AND (COALESCE(sepa_file, '') = '' OR COALESCE(sepa_message_id, '') = ''))
  OR (sepa_file_generated = 0 AND status IN ('Generated', 'Submitted', 'Processed')))

-- name: sepa_batch_total_mismatches
SELECT COUNT(*) FROM (
  SELECT b.name FROM `tabDirect Debit Batch` AS b LEFT JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus < 2 AND b.status <> 'Failed' AND b.modified > %(now)s - INTERVAL 90 DAY
  GROUP BY b.name, b.total_amount, b.entry_count
  HAVING ABS(COALESCE(SUM(i.amount), 0) - b.total_amount) > 0.005 OR COUNT(i.name) <> b.entry_count
) AS batch

-- Live: not yet settled, and not a row that failed and is tried again in a later batch.
-- name: sepa_invoices_in_two_batches
SELECT COUNT(*) FROM (
  SELECT i.invoice FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated', 'Submitted') AND COALESCE(i.status, '') <> 'Failed'
  GROUP BY i.invoice HAVING COUNT(*) > 1
) AS invoice

-- name: sepa_paid_invoices_in_open_batches
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name JOIN `tabSales Invoice` AS s ON s.name = i.invoice
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated') AND (s.outstanding_amount <= 0 OR s.docstatus = 2)

-- name: sepa_amount_differs_from_invoice
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name JOIN `tabSales Invoice` AS s ON s.name = i.invoice
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated') AND s.outstanding_amount > 0 AND s.docstatus < 2
  AND i.amount - s.outstanding_amount > 0.005

-- name: sepa_rows_not_collectable
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
LEFT JOIN `tabSales Invoice` AS s ON s.name = i.invoice
LEFT JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated') AND (
  s.name IS NULL OR s.docstatus = 0 OR s.is_return = 1 OR i.amount <= 0 OR COALESCE(i.currency, 'EUR') <> 'EUR'
  OR (m.maximum_amount > 0 AND i.amount > m.maximum_amount))

-- name: sepa_batch_rows_without_active_mandate
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
LEFT JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference AND m.status = 'Active' AND m.is_active = 1
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated') AND m.name IS NULL

-- name: sepa_batch_rows_other_account
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated')
  AND REPLACE(UPPER(COALESCE(m.iban, '')), ' ', '') <> REPLACE(UPPER(COALESCE(i.iban, '')), ' ', '')

-- name: sepa_first_collections_marked_recurrent
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference
LEFT JOIN `tabSEPA Mandate Usage` AS u ON u.parent = m.name AND u.status = 'Collected'
WHERE b.docstatus < 2 AND b.status IN ('Draft', 'Generated') AND b.batch_type = 'RCUR' AND u.name IS NULL

-- name: sepa_largest_open_batch_amount_eur
SELECT COALESCE(MAX(total_amount), 0) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status IN ('Draft', 'Generated', 'Submitted')

-- No batch yet is nothing to judge.
-- name: sepa_days_since_last_batch
SELECT DATEDIFF(%(now)s, MAX(batch_date)) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND status <> 'Failed' AND batch_date <= DATE(%(now)s)

-- name: sepa_failed_row_percent_30d
SELECT IF(COUNT(*) < 20, 0, 100 * SUM(i.status = 'Failed') / COUNT(*))
FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
WHERE b.modified > %(now)s - INTERVAL 30 DAY AND b.status IN ('Submitted', 'Processed', 'Failed')

-- name: sepa_returned_percent_30d
SELECT IF(COUNT(*) < 20, 0, 100 * SUM(status = 'Returned') / COUNT(*)) FROM `tabSEPA Mandate Usage`
WHERE usage_date > DATE(%(now)s) - INTERVAL 30 DAY

-- name: sepa_duplicate_message_ids
SELECT COUNT(*) FROM (
  SELECT sepa_message_id FROM `tabDirect Debit Batch` WHERE docstatus < 2 AND COALESCE(sepa_message_id, '') <> ''
  GROUP BY sepa_message_id HAVING COUNT(*) > 1
) AS message

-- name: sepa_return_files_failed_7d
SELECT COUNT(*) FROM `tabSEPA Return File Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND status IN ('Failed', 'Partially Processed')

-- name: sepa_return_files_stuck
SELECT COUNT(*) FROM `tabSEPA Return File Log` WHERE status = 'Processing' AND modified < %(now)s - INTERVAL 1 HOUR

-- name: sepa_retries_overdue
SELECT COUNT(*) FROM `tabSEPA Payment Retry` WHERE status IN ('Pending', 'Scheduled') AND next_retry_date < DATE(%(now)s)

-- name: sepa_retries_escalated
SELECT COUNT(*) FROM `tabSEPA Payment Retry` WHERE status IN ('Escalated', 'Error')

-- name: sepa_audit_failures_1h
SELECT COUNT(*) FROM `tabSEPA Audit Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND compliance_status IN ('Failed', 'Exception')

-- name: sepa_creditor_settings_missing
SELECT 3 - COUNT(*) FROM tabSingles
WHERE doctype = 'Verenigingen Settings' AND field IN ('company_iban', 'company_account_holder', 'creditor_id')
  AND COALESCE(value, '') <> ''

-- name: mandates_active_but_expired
SELECT COUNT(*) FROM `tabSEPA Mandate` WHERE status = 'Active' AND expiry_date < DATE(%(now)s)

-- name: mandates_active_but_cancelled
SELECT COUNT(*) FROM `tabSEPA Mandate` WHERE status = 'Active' AND (cancelled_date <= DATE(%(now)s) OR is_active = 0)

-- name: mandates_signed_in_future
SELECT COUNT(*) FROM `tabSEPA Mandate` WHERE status = 'Active' AND (sign_date > DATE(%(now)s) OR sign_date IS NULL)

-- name: mandates_without_iban
SELECT COUNT(*) FROM `tabSEPA Mandate` WHERE status = 'Active' AND COALESCE(iban, '') = ''

-- name: mandates_malformed_iban
SELECT COUNT(*) FROM `tabSEPA Mandate`
WHERE status = 'Active' AND COALESCE(iban, '') <> ''
  AND REPLACE(UPPER(iban), ' ', '') NOT REGEXP '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'

-- All IBANs in one text, since a row each costs more to send than to check: the probe counts those that cannot
-- exist, and only the count leaves it. The connection sets group_concat_max_len: 880,000 IBANs.
-- name: mandates_iban_checksum_failures
SELECT GROUP_CONCAT(REPLACE(UPPER(iban), ' ', '') SEPARATOR ' ') FROM `tabSEPA Mandate`
WHERE status = 'Active' AND REPLACE(UPPER(COALESCE(iban, '')), ' ', '') REGEXP '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'

-- name: mandates_unused_36_months
SELECT COUNT(*) FROM `tabSEPA Mandate` AS m
WHERE m.status = 'Active' AND m.sign_date < DATE(%(now)s) - INTERVAL 36 MONTH AND NOT EXISTS (
  SELECT 1 FROM `tabSEPA Mandate Usage` AS u
  WHERE u.parent = m.name AND u.usage_date > DATE(%(now)s) - INTERVAL 36 MONTH)

-- name: mandates_of_inactive_members
SELECT COUNT(*) FROM `tabSEPA Mandate` AS m JOIN tabMember AS e ON e.name = m.member
WHERE m.status = 'Active' AND m.used_for_memberships = 1 AND e.status IN ('Terminated', 'Deceased', 'Banned', 'Expired')

-- name: mandates_of_missing_members
SELECT COUNT(*) FROM `tabSEPA Mandate` AS m LEFT JOIN tabMember AS e ON e.name = m.member
WHERE m.status = 'Active' AND COALESCE(m.member, '') <> '' AND e.name IS NULL

-- The column is unique, whatever the case; to a bank "M-1" and "M- 1" are one reference. Few have a space.
-- name: mandates_duplicate_ids
SELECT COUNT(*) FROM (
  SELECT REPLACE(mandate_id, ' ', '') AS reference, COUNT(*) AS written FROM `tabSEPA Mandate`
  WHERE mandate_id LIKE '%% %%' GROUP BY reference
) AS spaced LEFT JOIN `tabSEPA Mandate` AS plain ON plain.mandate_id = spaced.reference
WHERE spaced.written > 1 OR plain.name IS NOT NULL

-- Grouped by an expression: by the index on parent it would look up every row before it leaves most of them out.
-- name: mandates_sequence_misused
SELECT COUNT(*) FROM (
  SELECT COALESCE(parent, '') AS mandate FROM `tabSEPA Mandate Usage`
  WHERE sequence_type IN ('FRST', 'OOFF') AND status IN ('Pending', 'Processing', 'Collected')
  GROUP BY mandate HAVING COUNT(*) > 1
) AS mandate

-- name: direct_debit_members_without_mandate
SELECT (SELECT COUNT(*) FROM tabMember WHERE status = 'Active' AND payment_method = 'SEPA Direct Debit') - (
  SELECT COUNT(DISTINCT e.name) FROM `tabSEPA Mandate` AS m JOIN tabMember AS e ON e.name = m.member
  WHERE m.status = 'Active' AND e.status = 'Active' AND e.payment_method = 'SEPA Direct Debit')

-- name: mandates_expiring_30d
SELECT COUNT(*) FROM `tabSEPA Mandate`
WHERE status = 'Active' AND expiry_date BETWEEN DATE(%(now)s) AND DATE(%(now)s) + INTERVAL 30 DAY

-- Templates are schedules too: a site without members has three of them, all active.
-- name: dues_schedules_active
SELECT COUNT(*) FROM `tabMembership Dues Schedule` WHERE status = 'Active' AND is_template = 0

-- name: dues_past_invoice_dates
SELECT COUNT(*) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0 AND auto_generate = 1 AND next_invoice_date < DATE(%(now)s)

-- name: dues_oldest_past_invoice_days
SELECT COALESCE(DATEDIFF(%(now)s, MIN(next_invoice_date)), 0) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0 AND auto_generate = 1 AND next_invoice_date < DATE(%(now)s)

-- name: dues_without_next_invoice_date
SELECT COUNT(*) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0 AND auto_generate = 1 AND next_invoice_date IS NULL

-- A rate of zero is a free membership.
-- name: dues_nonpositive_rate
SELECT COUNT(*) FROM `tabMembership Dues Schedule` WHERE status = 'Active' AND is_template = 0 AND dues_rate < 0

-- name: dues_schedules_invalid
SELECT COUNT(*) FROM `tabMembership Dues Schedule`
WHERE is_template = 0 AND (status = 'Test' OR (status = 'Active' AND (end_date < DATE(%(now)s) OR test_mode = 1)))

-- name: dues_duplicate_active_schedules
SELECT COUNT(member) - COUNT(DISTINCT member) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0 AND COALESCE(member, '') <> ''

-- name: dues_of_inactive_members
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS e ON e.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND e.status IN ('Terminated', 'Deceased', 'Banned', 'Rejected')

-- Of a week: by the customers' index a month's invoices of a large association take seconds.
-- name: dues_invoiced_twice_7d
SELECT COUNT(*) FROM `tabSales Invoice` AS a JOIN `tabSales Invoice` AS b
  ON b.customer = a.customer AND b.member = a.member AND b.name <> a.name
  AND (a.creation > b.creation OR (a.creation = b.creation AND a.name > b.name))
WHERE a.modified > %(now)s - INTERVAL 7 DAY AND a.creation > %(now)s - INTERVAL 7 DAY
  AND a.docstatus = 1 AND a.is_return = 0 AND a.status <> 'Credit Note Issued'
  AND b.docstatus = 1 AND b.is_return = 0 AND b.status <> 'Credit Note Issued'
  AND a.custom_coverage_start_date <= b.custom_coverage_end_date
  AND b.custom_coverage_start_date <= a.custom_coverage_end_date

-- None within 40 days is nothing to judge: this association bills rarely.
-- name: invoices_last_generated_age_hours
SELECT TIMESTAMPDIFF(MINUTE, MAX(creation), %(now)s) / 60 FROM `tabSales Invoice`
WHERE modified > %(now)s - INTERVAL 40 DAY AND docstatus = 1

-- name: invoices_today
SELECT COUNT(*) FROM `tabSales Invoice` WHERE posting_date = DATE(%(now)s) AND docstatus = 1

-- name: invoices_overdue
SELECT COUNT(*) FROM `tabSales Invoice`
WHERE docstatus = 1 AND is_return = 0 AND outstanding_amount > 0.005 AND due_date < DATE(%(now)s)

-- name: invoices_outstanding_eur
SELECT COALESCE(SUM(outstanding_amount), 0) FROM `tabSales Invoice` WHERE docstatus = 1 AND outstanding_amount > 0

-- name: invoices_stuck_drafts
SELECT COUNT(*) FROM `tabSales Invoice` WHERE docstatus = 0 AND creation < %(now)s - INTERVAL 1 DAY

-- name: invoices_paid_percent_30d
SELECT COALESCE(100 * SUM(status = 'Paid') / NULLIF(COUNT(*), 0), 100) FROM `tabSales Invoice`
WHERE posting_date BETWEEN DATE(%(now)s) - INTERVAL 60 DAY AND DATE(%(now)s) - INTERVAL 30 DAY
  AND docstatus = 1 AND is_return = 0

-- name: general_ledger_imbalance_eur
SELECT COALESCE(MAX(ABS(difference)), 0) FROM (
  SELECT SUM(debit) - SUM(credit) AS difference FROM `tabGL Entry`
  WHERE modified > %(now)s - INTERVAL 2 DAY AND is_cancelled = 0 GROUP BY voucher_type, voucher_no
) AS voucher

-- name: bank_transactions_unreconciled_14d
SELECT COUNT(*) FROM `tabBank Transaction`
WHERE docstatus = 1 AND unallocated_amount > 0.005 AND `date` < DATE(%(now)s) - INTERVAL 14 DAY

-- name: bank_last_transaction_age_days
SELECT DATEDIFF(%(now)s, MAX(`date`)) FROM `tabBank Transaction` WHERE docstatus = 1

-- name: payments_without_reference_30d
SELECT COUNT(*) FROM `tabPayment Entry`
WHERE modified > %(now)s - INTERVAL 30 DAY AND creation > %(now)s - INTERVAL 30 DAY
  AND docstatus = 1 AND COALESCE(reference_no, '') = ''

-- name: payment_plan_installments_overdue
SELECT COUNT(*) FROM `tabPayment Plan` AS p JOIN `tabPayment Plan Installment` AS i ON i.parent = p.name
WHERE p.status = 'Active' AND i.status IN ('Pending', 'Overdue') AND i.due_date < DATE(%(now)s) - INTERVAL 7 DAY

-- name: payment_history_queue_stuck
SELECT COUNT(*) FROM `tabPayment History Update Queue`
WHERE status = 'Failed' OR (status IN ('Pending', 'Processing') AND modified < %(now)s - INTERVAL 1 HOUR)

-- Rows: days ago, number.
-- name: silent_stop_invoices
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM `tabSales Invoice`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND docstatus = 1
GROUP BY days_ago

-- name: members_active
SELECT COUNT(*) FROM tabMember WHERE status = 'Active'

-- name: members_left_percent_24h
SELECT 100 * (SELECT COUNT(*) FROM tabMember WHERE modified > %(now)s - INTERVAL 1 DAY
    AND status IN ('Terminated', 'Banned', 'Deceased', 'Expired', 'Suspended'))
  / (SELECT COUNT(*) FROM tabMember WHERE status <> 'Rejected')

-- By `modified`, which a later edit moves too: an upper bound.
-- name: members_churn_percent_30d
SELECT COALESCE(100 * SUM(status IN ('Terminated', 'Banned') AND modified > %(now)s - INTERVAL 30 DAY)
  / NULLIF(SUM(status = 'Active'), 0), 0) FROM tabMember

-- name: members_terminated_24h
SELECT COUNT(*) FROM tabMember WHERE modified > %(now)s - INTERVAL 1 DAY AND status IN ('Terminated', 'Banned')

-- Counted against each other: tabMembership has no index on member that a NOT EXISTS could use.
-- name: members_without_membership
SELECT (SELECT COUNT(*) FROM tabMember WHERE status = 'Active') - (
  SELECT COUNT(DISTINCT e.name) FROM tabMembership AS m JOIN tabMember AS e ON e.name = m.member
  WHERE m.status = 'Active' AND m.docstatus = 1 AND e.status = 'Active')

-- name: members_without_dues_schedule
SELECT (SELECT COUNT(*) FROM tabMember WHERE status = 'Active') - (
  SELECT COUNT(DISTINCT e.name) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS e ON e.name = d.member
  WHERE d.status = 'Active' AND d.is_template = 0 AND e.status = 'Active')

-- name: members_without_customer
SELECT COUNT(*) FROM tabMember WHERE status = 'Active' AND COALESCE(customer, '') = ''

-- The column is unique, whatever the case; to people "L 17" and "L17" are one number. Few have a space.
-- name: member_ids_duplicate
SELECT COUNT(*) FROM (
  SELECT REPLACE(member_id, ' ', '') AS number, COUNT(*) AS written FROM tabMember
  WHERE member_id LIKE '%% %%' GROUP BY number
) AS spaced LEFT JOIN tabMember AS plain ON plain.member_id = spaced.number
WHERE spaced.written > 1 OR plain.name IS NOT NULL

-- name: memberships_two_active
SELECT COUNT(member) - COUNT(DISTINCT member) FROM tabMembership
WHERE docstatus = 1 AND status = 'Active' AND allow_multiple_memberships = 0

-- name: memberships_expired_but_active
SELECT COUNT(*) FROM tabMembership
WHERE docstatus = 1 AND status = 'Active' AND renewal_date < DATE(%(now)s) - INTERVAL 30 DAY

-- name: applications_waiting_7d
SELECT COUNT(*) FROM tabMember
WHERE application_status IN ('Pending', 'Under Review') AND creation < %(now)s - INTERVAL 7 DAY

-- name: terminations_overdue
SELECT COUNT(*) FROM `tabMembership Termination Request` WHERE status = 'Approved' AND termination_date < DATE(%(now)s)

-- name: amendments_overdue
SELECT COUNT(*) FROM `tabContribution Amendment Request`
WHERE status = 'Approved' AND effective_date < DATE(%(now)s) - INTERVAL 1 DAY

-- name: account_creations_failed
SELECT COUNT(*) FROM `tabAccount Creation Request`
WHERE status = 'Failed' OR (status IN ('Requested', 'Queued', 'Processing') AND modified < %(now)s - INTERVAL 1 DAY)

-- Rows: days ago, number.
-- name: silent_stop_members
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM tabMember
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY
GROUP BY days_ago

-- name: volunteers_active
SELECT COUNT(*) FROM tabVolunteer WHERE status = 'Active'

-- name: volunteer_engagement_percent
SELECT COALESCE(100 * (
    SELECT COUNT(DISTINCT v.name) FROM tabVolunteer AS v JOIN `tabVolunteer Assignment` AS a ON a.parent = v.name
    WHERE v.status = 'Active' AND a.status = 'Active' AND (a.end_date IS NULL OR a.end_date >= DATE(%(now)s)))
  / NULLIF((SELECT COUNT(*) FROM tabVolunteer WHERE status = 'Active'), 0), 0)

-- name: volunteer_expenses_pending
SELECT COUNT(*) FROM `tabVolunteer Expense` WHERE status = 'Submitted'

-- name: volunteer_expenses_waiting_14d
SELECT COUNT(*) FROM `tabVolunteer Expense` WHERE status = 'Submitted' AND creation < %(now)s - INTERVAL 14 DAY

-- name: donations_today_eur
SELECT COALESCE(SUM(amount), 0) FROM tabDonation
WHERE modified >= DATE(%(now)s) AND docstatus = 1 AND donation_date = DATE(%(now)s)

-- name: donations_failed_24h
SELECT COUNT(*) FROM tabDonation WHERE modified > %(now)s - INTERVAL 1 DAY AND payment_status = 'Error'

-- name: donations_pending_7d
SELECT COUNT(*) FROM tabDonation
WHERE docstatus = 1 AND paid = 0 AND payment_status IN ('Open', 'Pending')
  AND creation BETWEEN %(now)s - INTERVAL 60 DAY AND %(now)s - INTERVAL 7 DAY

-- name: donation_agreements_expiring_30d
SELECT COUNT(*) FROM `tabPeriodic Donation Agreement`
WHERE status = 'Active' AND end_date BETWEEN DATE(%(now)s) AND DATE(%(now)s) + INTERVAL 30 DAY

-- Rows: days ago, number.
-- name: silent_stop_donations
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM tabDonation
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND docstatus = 1
GROUP BY days_ago

-- name: mollie_failures_1h
SELECT COUNT(*) FROM `tabMollie Audit Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND status = 'failed'

-- A site without Mollie has no such row.
-- name: mollie_test_mode
SELECT COUNT(*) FROM tabSingles WHERE doctype = 'Mollie Settings' AND field = 'test_mode' AND value = '1'

-- name: eboekhouden_import_failures_24h
SELECT COUNT(*) FROM `tabE-Boekhouden Import Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND import_status = 'Failed'

-- name: eboekhouden_migrations_stuck
SELECT COUNT(*) FROM `tabE-Boekhouden Migration`
WHERE migration_status = 'In Progress' AND modified < %(now)s - INTERVAL 2 HOUR

-- name: eboekhouden_migrations_failed_7d
SELECT COUNT(*) FROM `tabE-Boekhouden Migration`
WHERE modified > %(now)s - INTERVAL 7 DAY
  AND (migration_status = 'Failed' OR (migration_status = 'Completed' AND failed_records > 0))

-- name: integration_requests_failed_24h
SELECT COUNT(*) FROM `tabIntegration Request`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Failed'

-- name: integration_requests_stuck
SELECT COUNT(*) FROM `tabIntegration Request`
WHERE modified BETWEEN %(now)s - INTERVAL 7 DAY AND %(now)s - INTERVAL 2 HOUR AND status IN ('Queued', 'Authorized')

-- name: webhook_failures_24h
SELECT COUNT(*) FROM `tabWebhook Request Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND COALESCE(error, '') <> ''

-- name: party_enrichment_stuck
SELECT COUNT(*) FROM `tabParty Enrichment Queue`
WHERE status = 'Failed' OR (status IN ('Pending', 'In Progress') AND modified < %(now)s - INTERVAL 1 DAY)

-- name: patches_skipped
SELECT COUNT(*) FROM `tabPatch Log` WHERE skipped = 1

-- Rows: one patch each; the probe compares them with the apps' patches.txt.
-- name: patches_applied
SELECT patch FROM `tabPatch Log` WHERE skipped = 0

-- Rows: app, version; the probe compares them with the code on the bench.
-- name: installed_apps
SELECT app_name, app_version FROM `tabInstalled Application`

-- Rows: one method each; the probe compares them with the apps' hooks.
-- name: scheduled_jobs
SELECT method FROM `tabScheduled Job Type` WHERE stopped = 0

-- Names of files: InnoDB writes a space as @0020. An engine other than InnoDB shows in TABLES, where it can be read.
-- name: doctypes_without_table
SELECT COUNT(*) FROM tabDocType AS d
WHERE d.issingle = 0 AND d.is_virtual = 0
  AND NOT EXISTS (SELECT 1 FROM information_schema.INNODB_SYS_TABLES AS t WHERE t.NAME = CONCAT(
    DATABASE(), '/tab', REPLACE(REPLACE(REPLACE(d.name, ' ', '@0020'), '-', '@002d'), '/', '@002f')))
  AND NOT EXISTS (SELECT 1 FROM information_schema.TABLES AS t
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = CONCAT('tab', d.name))

-- Read row by row by the daily report (reporters/daily/site.py), once a day; %(now)s is the end of its time.
-- name: report_top_errors
SELECT LEFT(method, 200), COUNT(*) AS number FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND creation <= %(now)s
GROUP BY LEFT(method, 200) ORDER BY number DESC LIMIT 100

-- name: report_top_errors_7d
SELECT LEFT(method, 200), COUNT(*) AS number FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND creation <= %(now)s
GROUP BY LEFT(method, 200) ORDER BY number DESC LIMIT 100

-- name: report_active_users
SELECT COUNT(DISTINCT user) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND creation <= %(now)s
  AND COALESCE(status, '') <> 'Failed' AND COALESCE(user, '') NOT IN ('', 'Guest')

-- name: report_active_users_7d
SELECT COUNT(DISTINCT user) FROM `tabActivity Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND creation <= %(now)s
  AND COALESCE(status, '') <> 'Failed' AND COALESCE(user, '') NOT IN ('', 'Guest')

-- name: report_batches_by_status
SELECT status, COUNT(*) AS number FROM `tabDirect Debit Batch`
WHERE modified > %(now)s - INTERVAL 7 DAY GROUP BY status ORDER BY number DESC
