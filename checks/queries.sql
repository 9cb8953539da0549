-- Every SQL statement of the suite, by name. A check uses one with sql("name").
--
-- Rules: read-only; one row with one number; NULL means "nothing to judge yet": the check does not apply.
-- The few that a probe reads row by row say so. A literal percent sign is written twice.
-- %(now)s is the site's local time: Frappe writes naive site time, so the server's NOW() is off by the zone. What the
-- server itself knows is asked of its own clock: docs/architecture.md, "Which clock", which a test holds.
-- %(target2_day_1)s to _4 are the next business days of TARGET2 after today, %(target2_closed)s its closing
-- days of this year and the next that are no weekends.
-- %(collection_days)s is the longest pause in the association's own rhythm, NULL where the settings do not say it.
-- Windows are bounded by `modified`, which Frappe 15 has an index on, and by `creation`, on which 16 has it: demo/layouts.py.
-- What runs in each run is served by an index; a scan is hourly or daily. Tables' own columns only, never `*`:
-- the grants are made from what is named here.

-- Lists that several statements share: {NAME} in a statement stands for the text.

-- list: ended
'Terminated', 'Expired', 'Banned', 'Deceased', 'Rejected'

-- list: settled
'Processed', 'Failed', 'Cancelled'

-- list: diary
'^(Permission check: User |Security Event: (erpnext_integration_success|membership_approved)|CSRF secret key not found|Bulk update handled test env|Daily stuck schedule check completed|Error (refreshing address display for|updating other members at address)|Mollie (Bank|Clearing) Account not configured|Error updating data availability: Password not found|Failed to send SEPA notification: |Invoice blocked: member |Rate limit exceeded for approval|Dues Schedule Create Failed: )'

-- list: money_titles
'Invoice Generation Failure', 'Invoice Generation Failed', 'Membership Dues Generation', 'Invoice Auto-Submit', 'Batch Scheduler Error', 'DD Batch Optimization Error', 'Monthly SEPA Batch Creation Error', 'SEPA Auto-Submit Error', 'Enhanced SEPA Processor - Batch Addition Error', 'SEPA Direct Debit Payment Error', 'Payment Entry Creation Error', 'Payment Retry Error', 'Dues Invoice Creation Error', 'Stuck Schedule Check Error', 'Stuck Schedule Alert Sent'

-- list: errors_until
(%(now)s - INTERVAL 3 + COALESCE((SELECT MAX(days) FROM `tabLogs To Clear` WHERE ref_doctype = 'Error Log'), 14) DAY)

-- list: jobs_until
(%(now)s - INTERVAL 3 + COALESCE((SELECT MAX(days) FROM `tabLogs To Clear` WHERE ref_doctype = 'Scheduled Job Log'), 7) DAY)

-- list: mails_until
(%(now)s - INTERVAL 3 + COALESCE((SELECT MAX(days) FROM `tabLogs To Clear` WHERE ref_doctype = 'Email Queue'), 30) DAY)

-- list: acts_until
(%(now)s - INTERVAL 3 + COALESCE((SELECT MAX(days) FROM `tabLogs To Clear` WHERE ref_doctype = 'Activity Log'), 90) DAY)

-- list: dormant_since
(%(now)s - INTERVAL (SELECT COALESCE(NULLIF(MAX(CAST(value AS UNSIGNED)), 0), 4) FROM tabSingles WHERE doctype = 'System Settings' AND field = 'dormant_days') DAY)

-- name: database_connections_percent
SELECT 100 * (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED') / @@max_connections

-- An account without PROCESS sees its own threads only and would find all well: INNODB_TRX refuses it.
-- name: database_longest_query_seconds
SELECT COALESCE(MAX(TIME), 0) + 0 * (SELECT COUNT(*) FROM information_schema.INNODB_TRX)
FROM information_schema.PROCESSLIST
WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump') AND DB = DATABASE() AND ID <> CONNECTION_ID()
  AND COALESCE(INFO, '') NOT LIKE '%%SQL_NO_CACHE%%'

-- trx_started is a local time of the server's host, which the session's zone is. Turned into seconds since the epoch, so
-- what is open while clocks go forward is no hour older. Of the two that it can be in the hour that comes twice the server
-- takes the later one; where that has not come yet, the earlier was meant. (A second or two: it began just now.)
-- A dump reads in one snapshot for its whole length, changes and locks nothing, and reads by SQL_NO_CACHE.
-- name: database_longest_transaction_seconds
SELECT COALESCE(MAX(GREATEST(age + IF(age < -60, 3600, 0), 0)), 0) FROM (
  SELECT CAST(UNIX_TIMESTAMP() AS SIGNED) - CAST(UNIX_TIMESTAMP(trx_started) AS SIGNED) AS age FROM information_schema.INNODB_TRX
  WHERE trx_rows_modified > 0 OR trx_rows_locked > 0 OR (trx_query LIKE 'SELECT%%' AND trx_query NOT LIKE '%%SQL_NO_CACHE%%')) AS trx

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
SELECT IF(questions < 100000, 0, 100 * slow / questions) FROM (
  SELECT SUM(IF(VARIABLE_NAME = 'SLOW_QUERIES', VARIABLE_VALUE, 0)) AS slow, SUM(IF(VARIABLE_NAME = 'QUESTIONS', VARIABLE_VALUE, 0)) AS questions
  FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ('SLOW_QUERIES', 'QUESTIONS')) AS counted

-- After a start each page of the pool is read from the disk once: that filling says nothing of its size.
-- name: database_buffer_pool_miss_percent
SELECT IF(requests < 1000000, 0, 100 * GREATEST(missed - pages, 0) / requests) FROM (
  SELECT SUM(IF(VARIABLE_NAME = 'INNODB_BUFFER_POOL_READS', VARIABLE_VALUE, 0)) AS missed,
         SUM(IF(VARIABLE_NAME = 'INNODB_BUFFER_POOL_READ_REQUESTS', VARIABLE_VALUE, 0)) AS requests,
         SUM(IF(VARIABLE_NAME = 'INNODB_BUFFER_POOL_PAGES_TOTAL', VARIABLE_VALUE, 0)) AS pages
  FROM information_schema.GLOBAL_STATUS
  WHERE VARIABLE_NAME IN ('INNODB_BUFFER_POOL_READS', 'INNODB_BUFFER_POOL_READ_REQUESTS', 'INNODB_BUFFER_POOL_PAGES_TOTAL')
) AS pool

-- Compared as text: a number up to MariaDB 11, from 12 on a word (OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN), and a word equals 0.
-- name: database_writable
SELECT CAST(@@read_only AS CHAR) IN ('0', 'OFF') AND CAST(@@innodb_read_only AS CHAR) IN ('0', 'OFF') AND CAST(@@innodb_force_recovery AS CHAR) = '0'

-- TABLE_ROWS makes the server open each table; one that cannot be opened tells none.
-- name: database_unreadable_tables
SELECT COUNT(*) FROM information_schema.TABLES
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND (ENGINE IS NULL OR TABLE_ROWS IS NULL)

-- name: database_clock
SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000000

-- The newest trace of the scheduler, as the database has it: a replica lags by the difference. Seconds of the site's own
-- local time, which the probe turns into seconds since the epoch: the two servers may be in different zones.
-- name: database_newest_write
SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', MAX(last_execution)) FROM `tabScheduled Job Type`

-- name: error_log_rows
SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'tabError Log'

-- Days that Frappe keeps them (Logs To Clear): 14, 7, 30 and 90; three more, for the job runs once a day.
-- name: log_rows_past_retention
SELECT (SELECT COUNT(*) FROM `tabError Log` WHERE modified < {errors_until} AND creation < {errors_until})
  + (SELECT COUNT(*) FROM `tabScheduled Job Log` WHERE modified < {jobs_until} AND creation < {jobs_until})
  + (SELECT COUNT(*) FROM `tabEmail Queue` WHERE modified < {mails_until} AND creation < {mails_until})
  + (SELECT COUNT(*) FROM `tabActivity Log` WHERE modified < {acts_until} AND creation < {acts_until})

-- name: scheduler_switch
SELECT CAST(COALESCE((SELECT value FROM tabSingles WHERE doctype = 'System Settings' AND field = 'enable_scheduler'), '0') AS UNSIGNED)

-- A name that the table does not have as a column is looked up around it: a Frappe older than these two columns is
-- judged by its field in System Settings.
-- name: site_setup_complete
SELECT (SELECT COUNT(*) FROM `tabInstalled Application` WHERE has_setup_wizard = 1 AND is_setup_complete = 0)
FROM (SELECT 1 AS has_setup_wizard, COALESCE(MAX(value), '0') = '1' AS is_setup_complete
  FROM tabSingles WHERE doctype = 'System Settings' AND field = 'setup_complete') AS older

-- name: site_time_zone_set
SELECT COUNT(*) FROM tabSingles WHERE doctype = 'System Settings' AND field = 'time_zone' AND COALESCE(value, '') <> ''

-- name: scheduler_last_execution_age_seconds
SELECT GREATEST(TIMESTAMPDIFF(SECOND, COALESCE(MAX(last_execution), MIN(creation)), %(now)s), 0) FROM `tabScheduled Job Type` WHERE stopped = 0

-- name: scheduler_frequent_jobs_age_seconds
SELECT GREATEST(TIMESTAMPDIFF(SECOND, COALESCE(MAX(last_execution), MIN(creation)), %(now)s), 0) FROM `tabScheduled Job Type` WHERE stopped = 0 AND frequency = 'All'

-- Rows: one job each, from here on down to scheduler_money_jobs_failed where nothing else is said.
-- name: scheduler_stopped_jobs
SELECT name FROM `tabScheduled Job Type` WHERE stopped = 1 ORDER BY name

-- name: scheduler_jobs_stuck_in_start
SELECT scheduled_job_type FROM `tabScheduled Job Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY
GROUP BY scheduled_job_type
HAVING MAX(IF(status = 'Start', creation, NULL)) < %(now)s - INTERVAL 2 HOUR
  AND MAX(IF(status = 'Start', creation, NULL)) > COALESCE(MAX(IF(status IN ('Complete', 'Failed'), creation, NULL)), '1900-01-01')
ORDER BY scheduled_job_type

-- More than an hour: where clocks go back, what ran just before is dated later than now. Jobs of a site made today in
-- Frappe's default zone are hours ahead: over by itself.
-- name: scheduler_jobs_dated_in_future
SELECT name FROM `tabScheduled Job Type`
WHERE stopped = 0 AND COALESCE(last_execution, creation) > %(now)s + INTERVAL 65 MINUTE
  AND (creation < %(now)s - INTERVAL 1 DAY OR COALESCE(last_execution, creation) > %(now)s + INTERVAL 12 HOUR)
ORDER BY name

-- A job that never ran counts from when it was made. Cron jobs by the shape of their line: each hour, each day, else a month.
-- name: scheduler_overdue_jobs
SELECT name FROM `tabScheduled Job Type`
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
ORDER BY name

-- Those of Verenigingen 0.9.0 that are there and not stopped; one that is missing is told by scheduled_jobs_registered.
-- name: scheduler_money_jobs_late
SELECT name FROM `tabScheduled Job Type`
WHERE stopped = 0 AND COALESCE(last_execution, creation) < %(now)s - INTERVAL 26 HOUR AND method IN (
  'verenigingen.verenigingen.doctype.membership_dues_schedule.membership_dues_schedule.generate_dues_invoices',
  'verenigingen.utils.payment_retry.execute_payment_retry',
  'verenigingen.verenigingen_payments.utils.sepa_reconciliation.reconcile_bank_transactions',
  'verenigingen.verenigingen_payments.api.dd_batch_scheduler.daily_batch_optimization',
  'verenigingen.verenigingen_payments.doctype.direct_debit_batch.sepa_processor.create_monthly_dues_collection_batch',
  'verenigingen.verenigingen_payments.doctype.payment_plan.payment_plan.process_overdue_installments',
  'verenigingen.verenigingen_payments.api.sepa_mandate_management.periodic_sepa_mandate_child_table_sync')
ORDER BY name

-- name: dues_generation_age_hours
SELECT GREATEST(TIMESTAMPDIFF(MINUTE, GREATEST(COALESCE(MAX(l.modified), '1900-01-01'), MAX(t.creation), %(now)s - INTERVAL 8 DAY), %(now)s), 0) / 60
FROM `tabScheduled Job Type` AS t LEFT JOIN `tabScheduled Job Log` AS l ON l.scheduled_job_type = t.name AND l.status = 'Complete'
  AND l.modified > %(now)s - INTERVAL 8 DAY AND l.creation > %(now)s - INTERVAL 8 DAY
WHERE t.method LIKE '%%.generate_dues_invoices' AND t.stopped = 0

-- The log is kept for seven days: the newest run of a monthly job is known for as long.
-- name: scheduler_failing_jobs
SELECT scheduled_job_type FROM `tabScheduled Job Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND scheduled_job_type NOT IN %(known_scheduler_failing_jobs)s
GROUP BY scheduled_job_type
HAVING MAX(IF(status = 'Failed', creation, NULL)) > COALESCE(MAX(IF(status = 'Complete', creation, NULL)), '1900-01-01')
ORDER BY scheduled_job_type

-- From two runs on: a job that ran once and failed is told by scheduler_failing_jobs only.
-- name: scheduler_jobs_always_failing
SELECT scheduled_job_type FROM `tabScheduled Job Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND status IN ('Failed', 'Complete')
  AND scheduled_job_type NOT IN %(known_scheduler_failing_jobs)s
GROUP BY scheduled_job_type HAVING COUNT(*) > 1 AND SUM(status = 'Complete') = 0
ORDER BY scheduled_job_type

-- name: scheduler_awake
SELECT NOT (
  (SELECT MAX(name) FROM `tabActivity Log`) IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM `tabActivity Log` WHERE modified >= {dormant_since} AND creation >= {dormant_since})
  AND ((SELECT MAX(last_execution) FROM `tabScheduled Job Type` WHERE stopped = 0) BETWEEN %(now)s - INTERVAL 25 HOUR AND %(now)s - INTERVAL 10 MINUTE
    OR (SELECT COUNT(DISTINCT HOUR(creation)) FROM `tabScheduled Job Log`
      WHERE modified > %(now)s - INTERVAL 20 HOUR AND creation > %(now)s - INTERVAL 20 HOUR) BETWEEN 1 AND 2))

-- A collection batch that could not be made on its day is made good by a batch, not by the next day's empty run.
-- name: scheduler_money_jobs_failed
SELECT scheduled_job_type FROM (
  SELECT scheduled_job_type, MAX(IF(status = 'Failed', creation, NULL)) AS failed, MAX(IF(status = 'Complete', creation, NULL)) AS completed
  FROM `tabScheduled Job Log`
  WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND scheduled_job_type IN (
    'membership_dues_schedule.generate_dues_invoices', 'payment_retry.execute_payment_retry', 'dd_batch_scheduler.daily_batch_optimization',
    'sepa_processor.create_monthly_dues_collection_batch', 'payment_plan.process_overdue_installments',
    'dues_schedule_auto_creator.auto_create_missing_dues_schedules_scheduled', 'contribution_amendment_request.process_pending_amendments')
  GROUP BY scheduled_job_type
) AS job
WHERE failed IS NOT NULL AND IF(scheduled_job_type IN ('dd_batch_scheduler.daily_batch_optimization', 'sepa_processor.create_monthly_dues_collection_batch'),
  NOT EXISTS (SELECT 1 FROM `tabDirect Debit Batch` AS b WHERE b.docstatus < 2 AND b.creation > job.failed),
  completed IS NULL OR completed < failed)
ORDER BY scheduled_job_type

-- name: prepared_reports_failed_24h
SELECT COUNT(*) FROM `tabPrepared Report`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Error'

-- name: submission_queue_stuck
SELECT COUNT(*) FROM `tabSubmission Queue` WHERE status = 'Queued' AND creation BETWEEN %(now)s - INTERVAL 30 DAY AND %(now)s - INTERVAL 1 HOUR
  AND modified > %(now)s - INTERVAL 30 DAY

-- name: bulk_operations_stuck
SELECT COUNT(*) FROM `tabBulk Operation Tracker`
WHERE creation > %(now)s - INTERVAL 30 DAY AND ((status = 'Processing' AND modified < %(now)s - INTERVAL 30 MINUTE)
  OR (status = 'Queued' AND modified < %(now)s - INTERVAL 2 HOUR))

-- name: errors_1h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
  AND method NOT REGEXP {diary}

-- name: errors_24h
SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY
  AND method NOT REGEXP {diary}

-- name: errors_same_title_1h
SELECT COALESCE(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM `tabError Log`
  WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
  AND method NOT REGEXP {diary}
  GROUP BY LEFT(REGEXP_REPLACE(method, '[^ ]*[0-9@][^ ]*', '#'), 40)
) AS title

-- name: errors_timeout_1h
SELECT COUNT(*) FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
  AND (method LIKE '%%timeout%%' OR method LIKE '%%timed out%%' OR error LIKE '%%timeout%%' OR error LIKE '%%timed out%%')

-- From 50 activities and 20 errors on: on a quiet Sunday one error is not 100 %%, and eight of 130 are chance.
-- name: error_rate_percent
SELECT IF(activities < 50 OR errors < 20, 0, 100 * errors / activities) FROM (SELECT
  (SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY
    AND method NOT REGEXP {diary}) AS errors,
  (SELECT COUNT(*) FROM `tabActivity Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY) AS activities
) AS day

-- The log is kept for 14 days, so "new" means: not in the 13 days before. A log that is younger cannot tell.
-- name: errors_new_titles_24h
SELECT IF(EXISTS (SELECT 1 FROM `tabError Log` WHERE creation < %(now)s - INTERVAL 7 DAY), COALESCE(SUM(oldest > %(now)s - INTERVAL 1 DAY), 0), 0) FROM (
  SELECT MIN(creation) AS oldest FROM `tabError Log` WHERE method NOT REGEXP {diary}
  GROUP BY LEFT(REGEXP_REPLACE(method, '[^ ]*[0-9@][^ ]*', '#'), 40)
) AS title

-- name: errors_of_money_code_26h
SELECT COUNT(*) FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 26 HOUR AND creation > %(now)s - INTERVAL 26 HOUR AND (
  method REGEXP '^(Invoice gen failed for |Schedule .* passed can_generate check but failed|Error processing Schedule|Orphaned schedule|Failed to auto-submit (invoice|batch) |Error in daily batch optimization|Error in optimal batch creation|Failed to create monthly SEPA batch|Error adding invoice |Error generating SEPA file|Error creating payment entry for invoice|Payment retry failed|Error processing payment for invoice|Error processing overdue installments|Error processing amendment |SEPA operation failed - Attempt |Invoice coverage verification failed|Error creating dues schedule for amendment)'
  OR method IN ({money_titles})
  OR LEFT(error, 60) IN ({money_titles}))

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
SELECT IF(%(now)s < (SELECT MIN(creation) FROM `tabPatch Log`) + INTERVAL 1 DAY, 0, COUNT(DISTINCT r.parent))
FROM `tabHas Role` AS r JOIN tabUser AS u ON u.name = r.parent
WHERE r.parenttype = 'User' AND r.role = 'System Manager' AND r.creation > %(now)s - INTERVAL 1 DAY AND u.enabled = 1

-- name: enabled_users_of_ended_members
SELECT COUNT(DISTINCT u.name) FROM tabMember AS m JOIN tabUser AS u ON u.name = m.user
WHERE m.status IN ({ended}) AND u.enabled = 1
  AND m.name NOT IN (SELECT member FROM tabMembership WHERE docstatus = 1 AND status = 'Active' AND member IS NOT NULL)
  AND u.name NOT IN (SELECT user FROM tabMember WHERE status IN ('Active', 'Pending') AND user IS NOT NULL)

-- name: deleted_documents_24h
SELECT COUNT(*) FROM `tabDeleted Document` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- Rows: days ago, number, today.
-- name: silent_stop_logins
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*), DATE(%(now)s) AS today FROM `tabActivity Log`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY
  AND operation = 'Login' AND status = 'Success'
GROUP BY days_ago

-- name: mail_errors_24h
SELECT IF(100 * COALESCE(SUM(status IN ('Error', 'Partially Sent')), 0) < COUNT(*), 0, COALESCE(SUM(status IN ('Error', 'Partially Sent')), 0)) FROM `tabEmail Queue`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY

-- name: mail_oldest_unsent_age_seconds
SELECT COALESCE(MAX(GREATEST(TIMESTAMPDIFF(SECOND, GREATEST(creation, COALESCE(send_after, creation)), %(now)s) - IF(priority > 0, 0, 21600), 0)), 0)
FROM `tabEmail Queue` WHERE status = 'Not Sent' AND (send_after IS NULL OR send_after <= %(now)s)

-- name: mail_refused_since_last_sent
SELECT COUNT(*) FROM `tabEmail Queue`
WHERE modified > GREATEST(%(now)s - INTERVAL 1 DAY, COALESCE((SELECT MAX(modified) FROM `tabEmail Queue` WHERE modified > %(now)s - INTERVAL 1 DAY AND status IN ('Sent', 'Partially Sent')), '1900-01-01'))
  AND (status = 'Error' OR (status = 'Not Sent' AND retry > 0))

-- name: mail_waiting
SELECT COUNT(*) FROM `tabEmail Queue` WHERE status = 'Not Sent' AND priority > 0 AND (send_after IS NULL OR send_after <= %(now)s)

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

-- Rows: days ago, number, today.
-- name: silent_stop_mail
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*), DATE(%(now)s) AS today FROM `tabEmail Queue`
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
WHERE docstatus < 2 AND COALESCE(status, '') NOT IN ('Submitted', 'Processed', 'Failed', 'Cancelled')
  AND sepa_file_generated = 0 AND batch_date >= DATE(%(now)s)

-- name: sepa_batch_date_closing_day
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND COALESCE(status, '') NOT IN ({settled}) AND batch_date >= DATE(%(now)s)
  AND (WEEKDAY(batch_date) >= 5 OR batch_date IN %(target2_closed)s)

-- name: sepa_batches_critical_validation
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND COALESCE(status, '') NOT IN ({settled}) AND batch_date >= DATE(%(now)s)
  AND (validation_status IN ('Critical Errors', 'Validation Failed') OR status = 'Validation Failed')

-- name: sepa_batch_files_inconsistent
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND COALESCE(status, '') NOT IN ('Failed', 'Cancelled') AND batch_date >= DATE(%(now)s) AND (
  (sepa_file_generated = 1 AND (COALESCE(sepa_file, '') = '' OR COALESCE(sepa_message_id, '') = ''))
  OR (sepa_file_generated = 0 AND status IN ('Generated', 'Submitted', 'Processed')))

-- name: sepa_batch_total_mismatches
SELECT COUNT(*) FROM (
  SELECT b.name FROM `tabDirect Debit Batch` AS b LEFT JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus = 1 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled') AND b.batch_date >= DATE(%(now)s)
  GROUP BY b.name, b.total_amount, b.entry_count
  HAVING ABS(COALESCE(SUM(i.amount), 0) - b.total_amount) > 0.005 OR COUNT(i.name) <> b.entry_count
) AS batch

-- Live: not yet settled, and not a row that failed and is tried again in a later batch.
-- Where most of a batch is booked and one row is not, the bank refused that one: it may be collected again.
-- name: sepa_invoices_in_two_batches
SELECT COUNT(*) FROM (
  SELECT i.invoice, MIN(IF(b.batch_date <= DATE(%(now)s), b.batch_date, NULL)) AS collected,
    MIN(IF(b.batch_date <= DATE(%(now)s), b.name, NULL)) AS batch, SUM(b.batch_date > DATE(%(now)s)) AS coming
  FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled') AND COALESCE(i.status, '') <> 'Failed'
    AND (b.batch_date > DATE(%(now)s) OR (b.docstatus = 1 AND b.batch_date > DATE(%(now)s) - INTERVAL 14 DAY))
  GROUP BY i.invoice HAVING COUNT(*) > 1 AND coming > 0
) AS invoice
WHERE coming > 1 OR (NOT EXISTS (
    SELECT 1 FROM `tabGL Entry` AS g WHERE g.against_voucher = invoice.invoice
      AND g.voucher_type IN ('Payment Entry', 'Journal Entry') AND g.posting_date >= invoice.collected)
  AND 2 * (SELECT COUNT(DISTINCT j.invoice) FROM `tabDirect Debit Batch Invoice` AS j
      JOIN `tabGL Entry` AS h ON h.against_voucher = j.invoice
      WHERE j.parent = invoice.batch AND h.voucher_type IN ('Payment Entry', 'Journal Entry') AND h.posting_date >= invoice.collected)
    < (SELECT COUNT(*) FROM `tabDirect Debit Batch Invoice` AS k WHERE k.parent = invoice.batch))

-- name: sepa_amount_differs_from_invoice
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name JOIN `tabSales Invoice` AS s ON s.name = i.invoice
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date > DATE(%(now)s)
  AND COALESCE(i.status, '') <> 'Failed' AND s.docstatus = 1 AND s.outstanding_amount > 0.005
  AND i.amount - s.outstanding_amount > 0.005

-- name: sepa_rows_not_collectable
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
LEFT JOIN `tabSales Invoice` AS s ON s.name = i.invoice
LEFT JOIN (SELECT DISTINCT mandate_id, maximum_amount FROM `tabSEPA Mandate` WHERE maximum_amount > 0) AS m ON m.mandate_id = i.mandate_reference
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date > DATE(%(now)s) AND (
  s.name IS NULL OR s.docstatus = 0 OR s.is_return = 1 OR i.amount <= 0 OR COALESCE(i.currency, 'EUR') <> 'EUR'
  OR i.amount > m.maximum_amount
  OR (b.docstatus = 0 AND (s.docstatus = 2 OR s.outstanding_amount <= 0.005)))

-- name: sepa_batch_rows_without_active_mandate
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
LEFT JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference AND m.status = 'Active' AND m.is_active = 1
  AND (m.expiry_date IS NULL OR m.expiry_date >= b.batch_date) AND (m.cancelled_date IS NULL OR m.cancelled_date > b.batch_date)
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  AND COALESCE(i.status, '') <> 'Failed' AND m.name IS NULL

-- name: sepa_batch_rows_other_account
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  AND REPLACE(UPPER(COALESCE(m.iban, '')), ' ', '') <> REPLACE(UPPER(COALESCE(i.iban, '')), ' ', '')

-- name: sepa_largest_open_batch_amount_eur
SELECT COALESCE(MAX(amount), 0) FROM (
  SELECT SUM(i.amount) AS amount FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  GROUP BY b.name) AS batch

-- name: sepa_duplicate_message_ids
SELECT COUNT(*) FROM (
  SELECT sepa_message_id FROM `tabDirect Debit Batch` WHERE docstatus < 2 AND COALESCE(sepa_message_id, '') <> ''
  GROUP BY sepa_message_id HAVING COUNT(*) > 1 AND MAX(batch_date) >= DATE(%(now)s)
) AS message

-- name: sepa_return_files_stuck
SELECT COUNT(*) FROM `tabSEPA Return File Log` WHERE status = 'Processing' AND modified < %(now)s - INTERVAL 1 HOUR

-- name: sepa_retries_overdue
SELECT COUNT(*) FROM `tabSEPA Payment Retry` AS r JOIN `tabSales Invoice` AS s ON s.name = r.invoice
WHERE r.status IN ('Pending', 'Scheduled') AND COALESCE(r.next_retry_date, DATE(r.modified) + INTERVAL 3 DAY) < DATE(%(now)s)
  AND s.docstatus = 1 AND s.outstanding_amount > 0.005

-- name: sepa_audit_failures_1h
SELECT COUNT(*) FROM `tabSEPA Audit Log`
WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND compliance_status IN ('Failed', 'Exception', 'Pending Review')

-- name: sepa_creditor_settings_missing
SELECT IF(NOT EXISTS (SELECT 1 FROM `tabSEPA Mandate` WHERE status = 'Active')
    AND NOT EXISTS (SELECT 1 FROM tabMember WHERE status = 'Active' AND payment_method = 'SEPA Direct Debit'), NULL, 3 - COUNT(*))
FROM tabSingles
WHERE doctype = 'Verenigingen Settings' AND field IN ('company_iban', 'company_account_holder', 'creditor_id') AND COALESCE(value, '') <> ''

-- name: sepa_failed_batches
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
WHERE b.docstatus < 2 AND b.status = 'Failed' AND (b.modified > %(now)s - INTERVAL 1 DAY OR b.name IN (
  SELECT i.parent FROM `tabDirect Debit Batch` AS f
  JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = f.name
  JOIN `tabSales Invoice` AS s ON s.name = i.invoice
  LEFT JOIN (
    SELECT j.invoice, MAX(c.creation) AS made FROM `tabDirect Debit Batch` AS c
    JOIN `tabDirect Debit Batch Invoice` AS j ON j.parent = c.name
    WHERE c.docstatus < 2 AND COALESCE(c.status, '') NOT IN ('Failed', 'Cancelled')
    AND c.creation > (SELECT MIN(o.creation) FROM `tabDirect Debit Batch` AS o WHERE o.docstatus < 2 AND o.status = 'Failed')
    GROUP BY j.invoice
  ) AS again ON again.invoice = i.invoice
  WHERE f.docstatus < 2 AND f.status = 'Failed' AND s.docstatus = 1 AND s.outstanding_amount > 0.005
  AND COALESCE(again.made <= f.creation, 1)))

-- name: sepa_batches_past_date_uncollected
SELECT COUNT(*) FROM (
  SELECT b.name FROM `tabDirect Debit Batch` AS b
  JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  JOIN `tabSales Invoice` AS s ON s.name = i.invoice
  LEFT JOIN (
    SELECT j.invoice, MAX(c.batch_date) AS latest, MAX(IF(c.docstatus = 1, c.batch_date, NULL)) AS sent
    FROM `tabDirect Debit Batch` AS c
    JOIN `tabDirect Debit Batch Invoice` AS j ON j.parent = c.name
    WHERE c.docstatus < 2 AND COALESCE(c.status, '') NOT IN ('Failed', 'Cancelled') AND c.batch_date > DATE(%(now)s) - INTERVAL 60 DAY
    GROUP BY j.invoice
  ) AS again ON again.invoice = i.invoice
  WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled')
    AND b.batch_date < DATE(%(now)s) AND b.batch_date > DATE(%(now)s) - INTERVAL 60 DAY
  GROUP BY b.name, b.docstatus, b.sepa_file_generated, b.batch_date
  HAVING IF(b.docstatus = 0 OR b.sepa_file_generated = 0, 1, b.batch_date < DATE(%(now)s) - INTERVAL 10 DAY AND
      2 * SUM(s.docstatus = 1 AND s.outstanding_amount > 0.005) > COUNT(*))
    AND SUM(s.docstatus = 1 AND s.outstanding_amount > 0.005 AND COALESCE(again.latest <= b.batch_date, 1)
      AND (b.docstatus = 1 OR COALESCE(again.sent < b.batch_date, 1))) > 0
) AS batch

-- A row that is Processed or Successful was paid by this very batch, which an app that is mended writes.
-- name: sepa_paid_invoices_in_coming_batches
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name JOIN `tabSales Invoice` AS s ON s.name = i.invoice
WHERE b.docstatus = 1 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date > DATE(%(now)s)
  AND COALESCE(i.status, '') NOT IN ('Failed', 'Processed', 'Successful') AND (s.outstanding_amount <= 0.005 OR s.docstatus = 2)

-- A rhythm that the settings say counts from the first collection on, and before it from the oldest mandate.
-- name: sepa_collection_late_days
SELECT IF(%(collection_days)s IS NULL AND COUNT(gap) < 2, NULL, IF(MAX(day) >= DATE(%(now)s), 0,
  GREATEST(DATEDIFF(%(now)s, COALESCE(MAX(day), (
    SELECT MIN(creation) FROM `tabSEPA Mandate` WHERE status = 'Active' AND used_for_memberships = 1))) - COALESCE(%(collection_days)s, MAX(gap)), 0)))
FROM (
  SELECT day, DATEDIFF(day, LAG(day) OVER (ORDER BY day)) AS gap FROM (
    SELECT DISTINCT batch_date AS day FROM `tabDirect Debit Batch`
    WHERE docstatus = 1 AND COALESCE(status, '') NOT IN ('Failed', 'Cancelled') AND batch_date > DATE(%(now)s) - INTERVAL 400 DAY
      AND 4 * entry_count >= (SELECT MAX(entry_count) FROM `tabDirect Debit Batch` WHERE docstatus = 1 AND batch_date > DATE(%(now)s) - INTERVAL 400 DAY)
  ) AS days) AS collections

-- Invoices that an automatic batch should have taken, when a creation day of the last week passed without any batch.
-- On Saturdays and Sundays the app makes none.
-- name: sepa_automatic_batch_missing
SELECT IF(c.days IS NULL, NULL, IF(c.day IS NULL OR EXISTS (SELECT 1 FROM `tabDirect Debit Batch` AS b WHERE b.docstatus < 2 AND b.creation >= c.day), 0, (
  SELECT COUNT(*) FROM `tabSales Invoice` AS s JOIN tabMember AS m ON m.name = s.member
  WHERE s.posting_date > DATE(%(now)s) - INTERVAL 90 DAY AND s.creation < c.day AND s.docstatus = 1 AND s.is_return = 0
    AND s.outstanding_amount > 0.005 AND m.status = 'Active' AND m.payment_method = 'SEPA Direct Debit'
    AND m.name IN (SELECT member FROM `tabSEPA Mandate` WHERE status = 'Active' AND is_active = 1 AND used_for_memberships = 1 AND member IS NOT NULL)
    AND s.name NOT IN (SELECT i.invoice FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
      WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled') AND b.batch_date > DATE(%(now)s) - INTERVAL 14 DAY AND i.invoice IS NOT NULL))))
FROM (
  SELECT t.days, MAX(IF(FIND_IN_SET(DAY(DATE(%(now)s) - INTERVAL n.ago DAY), t.days) > 0 AND WEEKDAY(DATE(%(now)s) - INTERVAL n.ago DAY) < 5
    AND t.started >= DATE(%(now)s) - INTERVAL n.ago DAY AND (n.ago > 0 OR t.started < %(now)s - INTERVAL 30 MINUTE), DATE(%(now)s) - INTERVAL n.ago DAY, NULL)) AS day
  FROM (SELECT
    (SELECT NULLIF(REPLACE(MAX(value), ' ', ''), '') FROM tabSingles WHERE doctype = 'Verenigingen Settings' AND field = 'batch_creation_days'
      AND EXISTS (SELECT 1 FROM tabSingles AS a WHERE a.doctype = 'Verenigingen Settings' AND a.field = 'enable_auto_batch_creation' AND a.value = '1')) AS days,
    (SELECT MAX(last_execution) FROM `tabScheduled Job Type` WHERE stopped = 0 AND method LIKE '%%.daily_batch_optimization') AS started) AS t
  JOIN (SELECT 0 AS ago UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6) AS n
  GROUP BY t.days
) AS c

-- name: sepa_open_row_percent_60d
SELECT IF(COUNT(*) < 20, 0, 100 * SUM(s.docstatus = 1 AND s.outstanding_amount > 0.005) / COUNT(*))
FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSales Invoice` AS s ON s.name = i.invoice
WHERE b.docstatus = 1 AND b.sepa_file_generated = 1 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled')
  AND b.batch_date BETWEEN DATE(%(now)s) - INTERVAL 60 DAY AND DATE(%(now)s) - INTERVAL 11 DAY

-- name: sepa_return_files_failed
SELECT COUNT(*) FROM `tabSEPA Return File Log`
WHERE status IN ('Failed', 'Partially Processed') AND creation > %(now)s - INTERVAL 90 DAY AND modified > %(now)s - INTERVAL 90 DAY

-- name: sepa_retries_given_up
SELECT COUNT(*) FROM `tabSEPA Payment Retry` AS r JOIN `tabSales Invoice` AS s ON s.name = r.invoice
WHERE r.status IN ('Failed', 'Error', 'Escalated') AND s.docstatus = 1 AND s.outstanding_amount > 0.005

-- name: sepa_batches_due_unsent
SELECT IF(COALESCE((SELECT MAX(b.status IN ('Submitted', 'Processed')) FROM (SELECT status FROM `tabDirect Debit Batch`
  WHERE docstatus = 1 AND batch_date < DATE(%(now)s) ORDER BY batch_date DESC LIMIT 3) AS b), 0) = 0, NULL, COALESCE(MIN(CASE
  WHEN batch_date <= DATE(%(now)s) THEN 0
  WHEN batch_date <= %(target2_day_1)s THEN 1
  WHEN batch_date <= %(target2_day_2)s THEN 2
  WHEN batch_date <= %(target2_day_3)s THEN 3
  ELSE 4 END), 4))
FROM `tabDirect Debit Batch`
WHERE docstatus = 1 AND status = 'Generated' AND batch_date >= DATE(%(now)s)

-- name: batches_unknown_status
SELECT COUNT(*) FROM `tabDirect Debit Batch`
WHERE docstatus < 2 AND batch_date >= DATE(%(now)s) - INTERVAL 30 DAY
  AND COALESCE(status, '') NOT IN ('Draft', 'Generated', 'Submitted', 'Processed', 'Failed')

-- 0.9.0 writes the type into the file and marks no batch as Processed; an app that does both takes the sequence elsewhere.
-- name: sepa_batches_wrong_sequence_type
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  AND COALESCE(b.batch_type, '') NOT IN ('FRST', 'RCUR', 'FNAL', 'OOFF', 'RPRE')
  AND NOT EXISTS (SELECT 1 FROM `tabDirect Debit Batch` AS c WHERE c.docstatus = 1 AND c.status = 'Processed' AND c.batch_type = b.batch_type)

-- name: sepa_batch_rows_other_member
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSEPA Mandate` AS m ON m.mandate_id = i.mandate_reference
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  AND NOT (m.member <=> i.member)

-- Few rows come as far as the memberships, which have no index on the member.
-- name: sepa_batch_rows_of_ended_members
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN tabMember AS e ON e.name = i.member
LEFT JOIN (
  SELECT member, left_on, ended, mandate_too, died FROM (
    SELECT member, COALESCE(execution_date, modified) AS left_on,
      COALESCE(termination_date, DATE(COALESCE(execution_date, modified))) AS ended,
      cancel_sepa_mandates AS mandate_too, termination_type = 'Deceased' AS died,
      ROW_NUMBER() OVER (PARTITION BY member ORDER BY COALESCE(execution_date, modified) DESC) AS place
    FROM `tabMembership Termination Request` WHERE status = 'Executed'
  ) AS request WHERE place = 1
) AS r ON r.member = e.name
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date >= DATE(%(now)s)
  AND COALESCE(i.status, '') <> 'Failed' AND (e.status IN ({ended}) OR r.member IS NOT NULL) AND (
    e.status = 'Deceased' OR r.died = 1
    OR (NOT COALESCE((SELECT MAX(p.creation) FROM tabMembership AS p WHERE p.member = e.name AND p.docstatus = 1 AND p.status = 'Active')
        > COALESCE(r.left_on, '1900-01-01'), 0)
      AND NOT COALESCE(r.mandate_too = 0 AND (SELECT s.posting_date FROM `tabSales Invoice` AS s WHERE s.name = i.invoice) <= r.ended, 0)))

-- COALESCE: the index on party_type would find all payments there ever were, the one on modified those of a month.
-- name: sepa_rows_paid_but_unallocated
SELECT COUNT(*) FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
JOIN `tabSales Invoice` AS s ON s.name = i.invoice
JOIN (
  SELECT party, SUM(unallocated_amount) AS credit FROM `tabPayment Entry`
  WHERE modified > %(now)s - INTERVAL 30 DAY AND creation > %(now)s - INTERVAL 30 DAY AND docstatus = 1
    AND payment_type = 'Receive' AND COALESCE(party_type, '') = 'Customer' AND unallocated_amount > 0.005 GROUP BY party
) AS p ON p.party = s.customer
WHERE b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ({settled}) AND b.batch_date > DATE(%(now)s)
  AND COALESCE(i.status, '') <> 'Failed' AND s.docstatus = 1 AND s.outstanding_amount > 0.005 AND p.credit >= i.amount

-- name: sepa_returned_not_collected_again
SELECT COUNT(*) FROM (
  SELECT i.invoice, MAX(b.batch_date) AS tried FROM `tabDirect Debit Batch` AS b
  JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
  WHERE b.docstatus = 1 AND b.sepa_file_generated = 1 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled') AND b.batch_date > DATE(%(now)s) - INTERVAL 180 DAY
  GROUP BY i.invoice HAVING tried < DATE(%(now)s) - INTERVAL 10 DAY
) AS row JOIN `tabSales Invoice` AS s ON s.name = row.invoice
WHERE s.docstatus = 1 AND s.outstanding_amount > 0.005 AND row.tried < (
    SELECT MAX(batch_date) - INTERVAL 14 DAY FROM `tabDirect Debit Batch`
    WHERE docstatus = 1 AND sepa_file_generated = 1 AND COALESCE(status, '') NOT IN ('Failed', 'Cancelled'))
  AND NOT EXISTS (SELECT 1 FROM `tabSEPA Payment Retry` AS r WHERE r.invoice = row.invoice AND r.status IN ('Pending', 'Scheduled', 'Failed', 'Error', 'Escalated'))

-- name: sepa_invoices_in_no_batch
SELECT COUNT(*) FROM `tabSales Invoice` AS s JOIN tabMember AS m ON m.name = s.member
JOIN (SELECT DISTINCT member FROM `tabSEPA Mandate`
  WHERE status = 'Active' AND is_active = 1 AND used_for_memberships = 1 AND creation < %(now)s - INTERVAL 14 DAY) AS d ON d.member = m.name
WHERE s.posting_date > DATE(%(now)s) - INTERVAL 180 DAY AND s.due_date < DATE(%(now)s) - INTERVAL 7 DAY
  AND s.docstatus = 1 AND s.is_return = 0 AND s.outstanding_amount > 0.005
  AND m.status = 'Active' AND m.payment_method = 'SEPA Direct Debit'
  AND (s.due_date < DATE(%(now)s) - INTERVAL 60 DAY OR s.due_date < (
    SELECT MAX(batch_date) - INTERVAL 7 DAY FROM `tabDirect Debit Batch`
    WHERE docstatus = 1 AND COALESCE(status, '') NOT IN ('Failed', 'Cancelled')
      AND 4 * entry_count >= (SELECT MAX(entry_count) FROM `tabDirect Debit Batch` WHERE docstatus = 1 AND batch_date > DATE(%(now)s) - INTERVAL 400 DAY)))
  AND s.name NOT IN (
    SELECT i.invoice FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
    WHERE (b.docstatus = 1 OR (b.docstatus = 0 AND b.batch_date >= DATE(%(now)s)))
      AND b.batch_date > DATE(%(now)s) - INTERVAL 200 DAY AND i.invoice IS NOT NULL)

-- name: sepa_index_missing
SELECT IF((SELECT COUNT(*) FROM tabSingles WHERE doctype = 'Verenigingen Settings' AND field = 'enable_auto_batch_creation' AND value = '1') = 0
    OR NOT EXISTS (SELECT 1 FROM `tabSEPA Mandate` WHERE status = 'Active'), NULL,
  (SELECT COUNT(*) = 0 FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'tabSales Invoice' AND INDEX_NAME = 'idx_sepa_invoice_lookup'))

-- name: batch_retry_stuck
SELECT COUNT(*) FROM `tabSEPA Retry Batch`
WHERE docstatus < 2 AND status IN ('Pending', 'Processing') AND modified BETWEEN %(now)s - INTERVAL 90 DAY AND %(now)s - INTERVAL 1 DAY

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
WHERE m.status = 'Active' AND m.sign_date < DATE(%(now)s) - INTERVAL 36 MONTH AND m.creation < %(now)s - INTERVAL 36 MONTH
  AND NOT EXISTS (SELECT 1 FROM `tabSEPA Mandate Usage` AS u WHERE u.parent = m.name AND u.usage_date > DATE(%(now)s) - INTERVAL 36 MONTH)
  AND m.mandate_id NOT IN (
    SELECT i.mandate_reference FROM `tabDirect Debit Batch` AS b JOIN `tabDirect Debit Batch Invoice` AS i ON i.parent = b.name
    WHERE b.docstatus = 1 AND b.batch_date > DATE(%(now)s) - INTERVAL 36 MONTH AND i.mandate_reference IS NOT NULL)

-- name: mandates_of_inactive_members
SELECT COUNT(*) FROM `tabSEPA Mandate` AS m JOIN tabMember AS e ON e.name = m.member
LEFT JOIN (SELECT member, MAX(termination_type = 'Deceased') AS died FROM `tabMembership Termination Request` WHERE status = 'Executed' GROUP BY member) AS r ON r.member = e.name
WHERE m.status = 'Active' AND (e.status = 'Deceased' OR r.died = 1 OR (
  m.used_for_memberships = 1 AND e.status IN ('Terminated', 'Expired', 'Banned', 'Rejected')
  AND e.name NOT IN (SELECT member FROM tabMembership WHERE docstatus = 1 AND status = 'Active' AND member IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM `tabSales Invoice` AS s WHERE s.customer = e.customer AND s.docstatus = 1 AND s.outstanding_amount > 0.005)))

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

-- name: direct_debit_members_without_mandate
SELECT COUNT(*) FROM tabMember AS e
LEFT JOIN (SELECT DISTINCT member FROM `tabSEPA Mandate`
  WHERE status = 'Active' AND is_active = 1 AND used_for_memberships = 1 AND (expiry_date IS NULL OR expiry_date >= DATE(%(now)s))) AS m ON m.member = e.name
LEFT JOIN (SELECT member, MAX(COALESCE(execution_date, modified)) AS left_on FROM `tabMembership Termination Request`
  WHERE status = 'Executed' GROUP BY member) AS r ON r.member = e.name
LEFT JOIN (SELECT member, MAX(creation) AS joined FROM tabMembership
  WHERE docstatus = 1 AND status = 'Active' GROUP BY member) AS p ON p.member = e.name
WHERE e.status = 'Active' AND e.payment_method = 'SEPA Direct Debit' AND m.member IS NULL
  AND (r.left_on IS NULL OR p.joined > r.left_on)
  AND e.name NOT IN (SELECT member FROM `tabMembership Dues Schedule` WHERE is_template = 0 AND status = 'Active' AND dues_rate <= 0 AND member IS NOT NULL)

-- name: mandates_expiring_30d
SELECT COUNT(*) FROM `tabSEPA Mandate`
WHERE status = 'Active' AND expiry_date BETWEEN DATE(%(now)s) AND DATE(%(now)s) + INTERVAL 30 DAY

-- name: mandates_one_off_reused
SELECT COUNT(*) FROM (
  SELECT i.mandate_reference FROM `tabSEPA Mandate` AS m JOIN `tabDirect Debit Batch Invoice` AS i ON i.mandate_reference = m.mandate_id
  JOIN `tabDirect Debit Batch` AS b ON b.name = i.parent
  WHERE m.mandate_type = 'OOFF' AND m.status = 'Active' AND b.docstatus < 2 AND COALESCE(b.status, '') NOT IN ('Failed', 'Cancelled')
  GROUP BY i.mandate_reference HAVING COUNT(DISTINCT i.invoice) > 1 AND MAX(b.batch_date) >= DATE(%(now)s)
) AS mandate

-- name: mandates_two_active
SELECT COUNT(*) FROM (
  SELECT member FROM `tabSEPA Mandate`
  WHERE status = 'Active' AND is_active = 1 AND used_for_memberships = 1 AND COALESCE(member, '') <> ''
  GROUP BY member HAVING COUNT(*) > 1 AND MAX(creation) < %(now)s - INTERVAL 1 DAY) AS member

-- name: mandates_iban_differs_from_member
SELECT COUNT(*) FROM `tabSEPA Mandate` AS m JOIN tabMember AS e ON e.name = m.member
WHERE m.status = 'Active' AND m.used_for_memberships = 1 AND e.status = 'Active' AND COALESCE(e.iban, '') <> '' AND COALESCE(m.iban, '') <> ''
  AND REPLACE(UPPER(m.iban), ' ', '') <> REPLACE(UPPER(e.iban), ' ', '')

-- name: mandates_iban_not_debitable
SELECT COUNT(*) FROM `tabSEPA Mandate`
WHERE status = 'Active' AND REPLACE(UPPER(COALESCE(iban, '')), ' ', '') REGEXP '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' AND (
  LEFT(REPLACE(UPPER(iban), ' ', ''), 2) NOT IN ('AD', 'AL', 'AT', 'BE', 'BG', 'CH', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GB', 'GI', 'GR', 'HR',
    'HU', 'IE', 'IS', 'IT', 'LI', 'LT', 'LU', 'LV', 'MC', 'MD', 'ME', 'MK', 'MT', 'NL', 'NO', 'PL', 'PT', 'RO', 'RS', 'SE', 'SI', 'SK', 'SM', 'VA')
  OR REPLACE(UPPER(iban), ' ', '') = (SELECT REPLACE(UPPER(value), ' ', '') FROM tabSingles
    WHERE doctype = 'Verenigingen Settings' AND field = 'company_iban' AND COALESCE(value, '') <> ''))

-- Templates are schedules too: a site without members has three of them, all active.
-- name: dues_schedules_active
SELECT IF((SELECT COUNT(*) FROM tabMember WHERE status = 'Active') = 0, NULL, COUNT(*)) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0

-- Not a free one, which the app never bills: its date stays. Nor one in test mode, nor of a member whom the app refuses to bill.
-- name: dues_past_invoice_dates
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS m ON m.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND d.auto_generate = 1 AND d.test_mode = 0 AND d.dues_rate > 0
  AND d.next_invoice_date < DATE(%(now)s) AND m.status NOT IN ({ended}, 'Suspended')

-- name: dues_oldest_past_invoice_days
SELECT COALESCE(DATEDIFF(%(now)s, MIN(d.next_invoice_date)), 0) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS m ON m.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND d.auto_generate = 1 AND d.test_mode = 0 AND d.dues_rate > 0
  AND d.next_invoice_date < DATE(%(now)s) AND m.status NOT IN ({ended}, 'Suspended')

-- name: dues_without_next_invoice_date
SELECT COUNT(*) FROM `tabMembership Dues Schedule`
WHERE status = 'Active' AND is_template = 0 AND auto_generate = 1 AND test_mode = 0 AND dues_rate > 0 AND next_invoice_date IS NULL

-- A rate of zero is a free membership: ordinary with a reason, or where the type has no least amount.
-- name: dues_nonpositive_rate
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d LEFT JOIN `tabMembership Type` AS t ON t.name = d.membership_type
WHERE d.status = 'Active' AND d.is_template = 0
  AND (d.dues_rate < 0 OR (d.dues_rate = 0 AND COALESCE(d.custom_amount_reason, '') = '' AND t.minimum_amount > 0))

-- name: dues_schedules_invalid
SELECT COUNT(*) FROM `tabMembership Dues Schedule`
WHERE is_template = 0 AND (status = 'Test' OR (status = 'Active' AND (end_date < DATE(%(now)s) OR test_mode = 1)))

-- The night after a pause by hand makes a new, active one for the same membership. A pause by a cancelled membership holds.
-- name: dues_duplicate_active_schedules
SELECT (SELECT COUNT(member) - COUNT(DISTINCT member) FROM `tabMembership Dues Schedule`
    WHERE status = 'Active' AND is_template = 0 AND COALESCE(member, '') <> '')
  + (SELECT COUNT(DISTINCT p.member) FROM `tabMembership Dues Schedule` AS p
    JOIN tabMembership AS s ON s.name = p.membership AND s.docstatus = 1 AND s.status = 'Active'
    JOIN (SELECT member, MAX(creation) AS made FROM `tabMembership Dues Schedule`
      WHERE status = 'Active' AND is_template = 0 GROUP BY member) AS a ON a.member = p.member AND a.made > p.creation
    WHERE p.status = 'Paused' AND p.is_template = 0)

-- name: dues_of_inactive_members
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS e ON e.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND e.status IN ({ended}, 'Suspended')

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

-- name: invoices_today
SELECT COUNT(*) FROM `tabSales Invoice` WHERE posting_date = DATE(%(now)s) AND docstatus = 1

-- name: invoices_overdue
SELECT COUNT(*) FROM `tabSales Invoice`
WHERE docstatus = 1 AND is_return = 0 AND outstanding_amount > 0.005 AND due_date < DATE(%(now)s)

-- name: invoices_outstanding_eur
SELECT COALESCE(SUM(outstanding_amount), 0) FROM `tabSales Invoice` WHERE docstatus = 1 AND outstanding_amount > 0

-- Where the app does not submit them itself, which is its default, somebody does: two weeks.
-- name: invoices_stuck_drafts
SELECT COUNT(*) FROM `tabSales Invoice`
WHERE docstatus = 0 AND COALESCE(membership_dues_schedule_display, '') <> '' AND creation < %(now)s - INTERVAL IF(
  EXISTS (SELECT 1 FROM tabSingles WHERE doctype = 'Verenigingen Settings' AND field = 'auto_submit_membership_invoices' AND value = '1'), 1, 14) DAY

-- name: invoices_paid_percent_30d
SELECT IF(COUNT(*) < 10, 100, 100 * SUM(status = 'Paid') / COUNT(*)) FROM `tabSales Invoice`
WHERE posting_date BETWEEN DATE(%(now)s) - INTERVAL 60 DAY AND DATE(%(now)s) - INTERVAL 30 DAY
  AND docstatus = 1 AND is_return = 0 AND status <> 'Credit Note Issued'

-- name: general_ledger_imbalance_eur
SELECT COALESCE(MAX(ABS(difference)), 0) FROM (
  SELECT SUM(debit) - SUM(credit) AS difference FROM `tabGL Entry`
  WHERE modified > %(now)s - INTERVAL 2 DAY AND creation > %(now)s - INTERVAL 2 DAY AND is_cancelled = 0
  GROUP BY voucher_type, voucher_no HAVING MIN(creation) > %(now)s - INTERVAL 2 DAY + INTERVAL 1 MINUTE
) AS voucher

-- name: bank_transactions_unreconciled_14d
SELECT COUNT(*) FROM `tabBank Transaction`
WHERE docstatus = 1 AND unallocated_amount > 0.005 AND `date` BETWEEN DATE(%(now)s) - INTERVAL 1 YEAR AND DATE(%(now)s) - INTERVAL 14 DAY

-- name: payment_plan_installments_overdue
SELECT COUNT(*) FROM `tabPayment Plan` AS p JOIN `tabPayment Plan Installment` AS i ON i.parent = p.name
WHERE p.docstatus < 2 AND p.status IN ('Active', 'Suspended') AND i.status IN ('Pending', 'Overdue', 'Failed')
  AND i.due_date < DATE(%(now)s) - INTERVAL 7 DAY

-- name: payment_history_queue_stuck
SELECT COUNT(*) FROM `tabPayment History Update Queue`
WHERE creation > %(now)s - INTERVAL 30 DAY
  AND (status = 'Failed' OR (status IN ('Pending', 'Processing') AND modified < %(now)s - INTERVAL 1 HOUR))

-- Rows: days ago, number.
-- name: silent_stop_invoices
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM `tabSales Invoice`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND docstatus = 1
GROUP BY days_ago


-- By the app's own rule: due from so many days before the next date, unless the customer has any invoice of this calendar period.
-- Two hours after the job began, or the day after where it did not run.
-- name: dues_not_generated_in_time
SELECT COUNT(*) FROM (
  SELECT m.customer, d.modified, COALESCE(d.last_invoice_date, '1900-01-01') AS last_date,
    d.next_invoice_date - INTERVAL LEAST(COALESCE(d.invoice_days_before, 30), 30) DAY AS from_day, CASE
    WHEN d.billing_frequency = 'Monthly' OR (d.billing_frequency = 'Custom' AND d.custom_frequency_unit = 'Months') THEN DATE(DATE_FORMAT(%(now)s, '%%Y-%%m-01'))
    WHEN d.billing_frequency = 'Quarterly' THEN MAKEDATE(YEAR(%(now)s), 1) + INTERVAL QUARTER(%(now)s) - 1 QUARTER
    WHEN d.billing_frequency = 'Semi-Annual' THEN MAKEDATE(YEAR(%(now)s), 1) + INTERVAL IF(MONTH(%(now)s) < 7, 0, 6) MONTH
    WHEN d.billing_frequency = 'Annual' OR (d.billing_frequency = 'Custom' AND d.custom_frequency_unit = 'Years') THEN MAKEDATE(YEAR(%(now)s), 1)
    WHEN d.billing_frequency = 'Custom' AND d.custom_frequency_unit = 'Weeks' THEN DATE(%(now)s) - INTERVAL WEEKDAY(%(now)s) DAY
    ELSE DATE(%(now)s) END AS period
  FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS m ON m.name = d.member
  WHERE d.status = 'Active' AND d.is_template = 0 AND d.auto_generate = 1 AND d.test_mode = 0 AND d.dues_rate > 0
    AND d.next_invoice_date <= DATE(%(now)s) + INTERVAL 30 DAY AND d.creation < %(now)s - INTERVAL 2 HOUR
    AND m.status NOT IN ({ended}, 'Suspended')
) AS due JOIN (
  SELECT MAX(last_execution) AS started FROM `tabScheduled Job Type` WHERE method LIKE '%%.generate_dues_invoices'
) AS job
WHERE due.last_date < due.period
  AND ((job.started < %(now)s - INTERVAL 2 HOUR AND due.modified < job.started AND GREATEST(due.from_day, due.period) <= DATE(job.started))
    OR (due.modified < %(now)s - INTERVAL 26 HOUR AND GREATEST(due.from_day, due.period) < DATE(%(now)s)))
  AND NOT EXISTS (SELECT 1 FROM `tabSales Invoice` AS s WHERE s.customer = due.customer AND s.docstatus < 2 AND s.posting_date >= due.period)

-- name: members_overdue_percent
SELECT IF(a.members < 10, 0, 100 * o.members / a.members) FROM
  (SELECT COUNT(*) AS members FROM tabMember WHERE status = 'Active') AS a,
  (SELECT COUNT(DISTINCT s.customer) AS members FROM `tabSales Invoice` AS s JOIN tabMember AS m ON m.customer = s.customer
    WHERE m.status = 'Active' AND s.docstatus = 1 AND s.is_return = 0 AND s.outstanding_amount > 0.005
      AND s.due_date BETWEEN DATE(%(now)s) - INTERVAL 400 DAY AND DATE(%(now)s) - INTERVAL 30 DAY) AS o

-- name: bank_last_transaction_late_days
SELECT IF(COUNT(*) = 0, NULL, GREATEST(DATEDIFF(%(now)s, MAX(day)) - IF(COUNT(*) < 10, 14, GREATEST(4, MAX(gap))), 0)) FROM (
  SELECT day, DATEDIFF(day, LAG(day) OVER (ORDER BY day)) AS gap FROM (
    SELECT DISTINCT `date` AS day FROM `tabBank Transaction`
    WHERE docstatus = 1 AND `date` BETWEEN DATE(%(now)s) - INTERVAL 400 DAY AND DATE(%(now)s)) AS days) AS pauses

-- name: dues_blocked_by_ended_member
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d JOIN tabMember AS e ON e.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND d.auto_generate = 1 AND d.test_mode = 0
  AND e.status IN ('Terminated', 'Deceased', 'Suspended') AND d.next_invoice_date <= DATE(%(now)s) + INTERVAL 30 DAY

-- name: schedules_of_missing_members
SELECT COUNT(*) FROM `tabMembership Dues Schedule` AS d LEFT JOIN tabMember AS m ON m.name = d.member
WHERE d.status = 'Active' AND d.is_template = 0 AND m.name IS NULL

-- name: payments_unallocated_14d
SELECT COUNT(*) FROM `tabPayment Entry` AS p
WHERE p.docstatus = 1 AND p.payment_type = 'Receive' AND p.party_type = 'Customer' AND p.unallocated_amount > 0.005
  AND p.posting_date BETWEEN DATE(%(now)s) - INTERVAL 400 DAY AND DATE(%(now)s) - INTERVAL 14 DAY
  AND EXISTS (SELECT 1 FROM `tabSales Invoice` AS s WHERE s.customer = p.party AND s.docstatus = 1 AND s.is_return = 0
    AND s.outstanding_amount > 0.005 AND s.due_date < DATE(%(now)s))

-- name: payment_reconciliations_failed
SELECT COUNT(*) FROM `tabProcess Payment Reconciliation`
WHERE docstatus = 1 AND (status = 'Failed' OR (status IN ('Queued', 'Running') AND modified < %(now)s - INTERVAL 2 HOUR))

-- name: reposts_stuck
SELECT COUNT(*) FROM `tabRepost Payment Ledger`
WHERE docstatus = 1 AND (repost_status = 'Failed' OR (repost_status = 'Queued' AND modified < %(now)s - INTERVAL 2 HOUR))

-- name: silent_stop_payments
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM `tabPayment Entry`
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND docstatus = 1 AND payment_type = 'Receive'
GROUP BY days_ago

-- name: members_active
SELECT IF((SELECT COUNT(*) FROM tabMember) = 0, NULL, COUNT(*)) FROM tabMember WHERE status = 'Active'

-- By requests: `modified` of all members moves each night. One set to Executed by hand has no date of execution.
-- name: members_left_percent_24h
SELECT IF(COUNT(DISTINCT member) < 10, 0, 100 * COUNT(DISTINCT member)
    / (COUNT(DISTINCT member) + (SELECT COUNT(*) FROM tabMember WHERE status = 'Active')))
FROM `tabMembership Termination Request` WHERE status = 'Executed' AND COALESCE(execution_date, modified) > %(now)s - INTERVAL 1 DAY

-- name: members_churn_percent_30d
SELECT COALESCE(100 * COUNT(DISTINCT member) / NULLIF(COUNT(DISTINCT member) + (SELECT COUNT(*) FROM tabMember WHERE status = 'Active'), 0), 0)
FROM `tabMembership Termination Request` WHERE status = 'Executed' AND COALESCE(execution_date, modified) > %(now)s - INTERVAL 30 DAY

-- name: members_terminated_24h
SELECT COUNT(DISTINCT member) FROM `tabMembership Termination Request` WHERE status = 'Executed' AND COALESCE(execution_date, modified) > %(now)s - INTERVAL 1 DAY

-- Counted against each other: tabMembership has no index on member that a NOT EXISTS could use.
-- name: members_without_membership
SELECT COUNT(*) FROM tabMember AS e
WHERE e.status = 'Active'
  AND e.name NOT IN (SELECT member FROM tabMembership WHERE docstatus = 1 AND status = 'Active' AND member IS NOT NULL)
  AND e.name NOT IN (SELECT member FROM `tabMembership Termination Request` WHERE status = 'Executed' AND member IS NOT NULL)

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
SELECT COUNT(*) FROM `tabMembership Termination Request`
WHERE status = 'Approved' AND COALESCE(termination_date, request_date) < DATE(%(now)s)

-- name: amendments_overdue
SELECT COUNT(*) FROM `tabContribution Amendment Request`
WHERE status = 'Approved' AND effective_date < DATE(%(now)s) - INTERVAL 1 DAY

-- name: account_creations_failed
SELECT COUNT(*) FROM `tabAccount Creation Request` AS r
WHERE (r.status = 'Failed' OR (r.status IN ('Requested', 'Queued', 'Processing') AND r.modified < %(now)s - INTERVAL 1 DAY))
  AND NOT EXISTS (SELECT 1 FROM tabUser AS u WHERE u.name = r.email)

-- Rows: days ago, number.
-- name: silent_stop_members
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM tabMember
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY
GROUP BY days_ago

-- name: memberships_of_ended_members
SELECT COUNT(*) FROM tabMembership AS p JOIN tabMember AS m ON m.name = p.member
WHERE p.docstatus = 1 AND p.status = 'Active' AND m.status IN ({ended})

-- Still a member, or with the membership of before: a request set to Executed by hand executes nothing. Not who rejoined since.
-- name: terminations_without_effect
SELECT COUNT(DISTINCT m.name) FROM tabMember AS m JOIN (
  SELECT member, MAX(COALESCE(execution_date, modified)) AS left_on FROM `tabMembership Termination Request`
  WHERE status = 'Executed' GROUP BY member HAVING left_on < %(now)s - INTERVAL 1 DAY
) AS r ON r.member = m.name
LEFT JOIN (
  SELECT member, MIN(creation) AS first, MAX(creation) AS newest FROM tabMembership
  WHERE docstatus = 1 AND status = 'Active' GROUP BY member
) AS p ON p.member = m.name
WHERE p.first <= r.left_on OR (m.status IN ('Active', 'Pending') AND NOT COALESCE(p.newest > r.left_on, 0))

-- name: memberships_of_pending_members
SELECT COUNT(*) FROM tabMembership AS p JOIN tabMember AS m ON m.name = p.member
WHERE p.docstatus = 1 AND p.status = 'Active' AND p.creation < %(now)s - INTERVAL 1 HOUR AND m.status = 'Pending'

-- name: memberships_cancelled_but_active
SELECT COUNT(*) FROM tabMembership
WHERE docstatus = 1 AND status = 'Active' AND cancellation_date IS NOT NULL
  AND IF(cancellation_type = 'End of Period', GREATEST(cancellation_date, COALESCE(renewal_date, cancellation_date)), cancellation_date) < DATE(%(now)s)

-- name: terminations_waiting_7d
SELECT COUNT(*) FROM `tabMembership Termination Request`
WHERE status IN ('Draft', 'Pending') AND request_date < DATE(%(now)s) - INTERVAL 7 DAY

-- name: requests_of_members_waiting
SELECT (SELECT COUNT(*) FROM `tabChapter Join Request` WHERE docstatus < 2 AND status = 'Pending' AND request_date < DATE(%(now)s) - INTERVAL 14 DAY)
  + (SELECT COUNT(*) FROM `tabMember Contact Request` WHERE status IN ('Open', 'In Progress') AND request_date < DATE(%(now)s) - INTERVAL 14 DAY)
  + (SELECT COUNT(*) FROM `tabContribution Amendment Request` WHERE status = 'Pending Approval' AND requested_date < DATE(%(now)s) - INTERVAL 14 DAY)

-- A member who may not change his mandate on the portal is promised a day; the app leaves a row in the log, which no code reads.
-- name: mandate_requests_waiting
SELECT COUNT(DISTINCT SUBSTRING_INDEX(e.method, '|', 2)) FROM `tabError Log` AS e
WHERE e.modified > %(now)s - INTERVAL 14 DAY AND e.creation < %(now)s - INTERVAL 1 DAY AND LEFT(e.method, 13) = 'SEPA_MANDATE_' AND (
  (LEFT(e.method, 21) = 'SEPA_MANDATE_REQUEST|' AND NOT EXISTS (SELECT 1 FROM `tabSEPA Mandate` AS m
    WHERE m.member = SUBSTRING_INDEX(SUBSTRING_INDEX(e.method, '|', 2), '|', -1) AND m.status = 'Active' AND m.modified > e.creation))
  OR (LEFT(e.method, 20) = 'SEPA_MANDATE_CANCEL|' AND EXISTS (SELECT 1 FROM `tabSEPA Mandate` AS m
    WHERE m.name = SUBSTRING_INDEX(SUBSTRING_INDEX(e.method, '|', 2), '|', -1) AND m.status = 'Active'))
  OR (LEFT(e.method, 20) = 'SEPA_MANDATE_UPDATE|' AND EXISTS (SELECT 1 FROM `tabSEPA Mandate` AS m
    WHERE m.name = SUBSTRING_INDEX(SUBSTRING_INDEX(e.method, '|', 2), '|', -1) AND m.status = 'Active' AND m.modified <= e.creation)))

-- Values past a Select's options: each later save of such a member throws.
-- name: members_unknown_status
SELECT COUNT(*) FROM tabMember
WHERE COALESCE(status, '') NOT IN ('Pending', 'Active', {ended}, 'Suspended')
  OR COALESCE(application_status, '') NOT IN ('', 'Pending', 'Under Review', 'Approved', 'Rejected', 'Payment Pending', 'Active')
  OR COALESCE(subscription_status, '') NOT IN ('', 'active', 'pending', 'canceled', 'suspended', 'completed')

-- name: volunteers_active
SELECT IF((SELECT COUNT(*) FROM tabVolunteer) = 0, NULL, COUNT(*)) FROM tabVolunteer WHERE status = 'Active'

-- name: volunteer_engagement_percent
SELECT IF((SELECT COUNT(*) FROM `tabVolunteer Assignment`) = 0, NULL, 100 * (
    SELECT COUNT(DISTINCT v.name) FROM tabVolunteer AS v JOIN `tabVolunteer Assignment` AS a ON a.parent = v.name
    WHERE v.status = 'Active' AND a.status = 'Active' AND (a.end_date IS NULL OR a.end_date >= DATE(%(now)s)))
  / NULLIF((SELECT COUNT(*) FROM tabVolunteer WHERE status = 'Active'), 0))

-- name: volunteer_expenses_pending
SELECT COUNT(*) FROM `tabVolunteer Expense` WHERE docstatus < 2 AND status = 'Submitted'

-- name: volunteer_expenses_waiting_14d
SELECT COUNT(*) FROM `tabVolunteer Expense` WHERE docstatus < 2 AND status = 'Submitted' AND creation < %(now)s - INTERVAL 14 DAY

-- name: volunteers_of_ended_members
SELECT COUNT(*) FROM tabVolunteer AS v JOIN tabMember AS m ON m.name = v.member
WHERE v.status = 'Active' AND m.status IN ('Terminated', 'Expired', 'Banned', 'Deceased')

-- name: expenses_approved_unclaimed_7d
SELECT COUNT(*) FROM `tabVolunteer Expense`
WHERE docstatus < 2 AND status = 'Approved' AND COALESCE(expense_claim_id, '') = '' AND modified BETWEEN %(now)s - INTERVAL 1 YEAR AND %(now)s - INTERVAL 7 DAY

-- The portal's rows stay Draft; what becomes of them stands in the claim.
-- name: volunteer_claims_waiting_14d
SELECT COUNT(*) FROM `tabVolunteer Expense` AS e JOIN `tabExpense Claim` AS c ON c.name = e.expense_claim_id
WHERE c.docstatus = 0 AND c.approval_status <> 'Rejected' AND c.creation < %(now)s - INTERVAL 14 DAY

-- name: donations_today_eur
SELECT COALESCE(SUM(amount), 0) FROM tabDonation
WHERE modified >= DATE(%(now)s) AND docstatus < 2 AND donation_date = DATE(%(now)s)

-- Online: a payment that was not made has expired at Mollie long before, and its webhook says so.
-- name: donations_pending_14d
SELECT COUNT(*) FROM tabDonation
WHERE docstatus < 2 AND paid = 0 AND payment_status IN ('Open', 'Pending') AND COALESCE(payment_id, '') <> ''
  AND creation BETWEEN %(now)s - INTERVAL 60 DAY AND %(now)s - INTERVAL 14 DAY

-- name: donation_agreements_expiring_30d
SELECT COUNT(*) FROM `tabPeriodic Donation Agreement`
WHERE status = 'Active' AND end_date BETWEEN DATE(%(now)s) AND DATE(%(now)s) + INTERVAL 30 DAY

-- Rows: days ago, number.
-- name: silent_stop_donations
SELECT DATEDIFF(%(now)s, creation) AS days_ago, COUNT(*) FROM tabDonation
WHERE modified >= DATE(%(now)s) - INTERVAL 63 DAY AND creation >= DATE(%(now)s) - INTERVAL 63 DAY AND docstatus < 2
GROUP BY days_ago

-- name: agreements_ended_but_active
SELECT COUNT(*) FROM `tabPeriodic Donation Agreement` WHERE status = 'Active' AND end_date < DATE(%(now)s)

-- name: mollie_failures_1h
SELECT (SELECT COUNT(*) FROM `tabMollie Audit Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR AND status = 'failed')
  + (SELECT COUNT(*) FROM `tabError Log` WHERE modified > %(now)s - INTERVAL 1 HOUR AND creation > %(now)s - INTERVAL 1 HOUR
    AND (method LIKE 'Mollie %%' OR LEFT(error, 7) = 'Mollie ') AND CONCAT(method, ' ', LEFT(error, 40)) NOT LIKE '%%Account Configuration%%')

-- A site without Mollie has no such row.
-- name: mollie_test_mode
SELECT COUNT(*) FROM tabSingles AS t JOIN tabSingles AS p ON p.doctype = 'Mollie Settings' AND p.field = 'profile_id' AND COALESCE(p.value, '') <> ''
WHERE t.doctype = 'Mollie Settings' AND t.field = 'test_mode' AND t.value = '1'

-- name: eboekhouden_import_failures_24h
SELECT COUNT(*) FROM `tabE-Boekhouden Import Log` WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND import_status = 'Failed'

-- name: eboekhouden_migrations_stuck
SELECT COUNT(*) FROM `tabE-Boekhouden Migration`
WHERE migration_status = 'In Progress' AND modified < %(now)s - INTERVAL 2 HOUR

-- name: integration_requests_failed_24h
SELECT COUNT(*) FROM `tabIntegration Request`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND status = 'Failed'

-- name: integration_requests_stuck
SELECT COUNT(*) FROM `tabIntegration Request`
WHERE modified BETWEEN %(now)s - INTERVAL 7 DAY AND %(now)s - INTERVAL 2 HOUR AND creation BETWEEN %(now)s - INTERVAL 30 DAY AND %(now)s - INTERVAL 2 HOUR
  AND status IN ('Queued', 'Authorized')

-- name: webhook_failures_24h
SELECT COUNT(*) FROM `tabWebhook Request Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND COALESCE(error, '') <> ''

-- name: party_enrichment_stuck
SELECT COUNT(*) FROM `tabParty Enrichment Queue`
WHERE modified > %(now)s - INTERVAL 30 DAY AND (status = 'Failed' OR (status IN ('Pending', 'In Progress') AND modified < %(now)s - INTERVAL 1 DAY))

-- name: eboekhouden_migrations_failed
SELECT COUNT(*) FROM `tabE-Boekhouden Migration` AS a
WHERE a.docstatus < 2 AND a.modified > %(now)s - INTERVAL 90 DAY
  AND (a.migration_status = 'Failed' OR (a.migration_status = 'Completed' AND a.failed_records > 0))
  AND NOT EXISTS (SELECT 1 FROM `tabE-Boekhouden Migration` AS b
    WHERE b.creation > a.creation AND b.migration_status = 'Completed' AND COALESCE(b.failed_records, 0) = 0)

-- name: mollie_subscriptions_overdue
SELECT COUNT(*) FROM tabMember
WHERE status = 'Active' AND subscription_status = 'active' AND COALESCE(mollie_subscription_id, '') <> ''
  AND next_payment_date < DATE(%(now)s) - INTERVAL 7 DAY

-- A bank file whose submit threw is a draft without a trace; a file of members of which each row failed is Completed.
-- name: imports_failed
SELECT (SELECT COUNT(*) FROM `tabMT940 Import` AS a WHERE a.docstatus < 2 AND a.modified > %(now)s - INTERVAL 90 DAY
    AND (a.import_status = 'Failed' OR (a.import_status = 'In Progress' AND a.modified < %(now)s - INTERVAL 2 HOUR)
      OR (a.docstatus = 0 AND a.modified < %(now)s - INTERVAL 1 DAY))
    AND NOT EXISTS (SELECT 1 FROM `tabMT940 Import` AS b WHERE b.import_status = 'Completed' AND b.bank_account <=> a.bank_account AND b.creation > a.creation))
  + (SELECT COUNT(*) FROM `tabMijnrood CSV Import` AS a WHERE a.docstatus < 2 AND a.modified > %(now)s - INTERVAL 90 DAY
    AND (a.import_status = 'Failed' OR (a.import_status IN ('In Progress', 'Validating') AND a.modified < %(now)s - INTERVAL 2 HOUR)
      OR (a.import_status = 'Completed' AND a.test_mode = 0 AND a.members_skipped > 0 AND a.members_created + a.members_updated = 0))
    AND NOT EXISTS (SELECT 1 FROM `tabMijnrood CSV Import` AS b
      WHERE b.import_status = 'Completed' AND (b.members_skipped = 0 OR b.members_created + b.members_updated > 0) AND b.creation > a.creation))

-- name: data_imports_failed
SELECT COUNT(*) FROM `tabData Import` AS a
WHERE a.modified > %(now)s - INTERVAL 30 DAY AND a.status IN ('Error', 'Partial Success', 'Timed Out')
  AND NOT EXISTS (SELECT 1 FROM `tabData Import` AS b WHERE b.status = 'Success' AND b.reference_doctype = a.reference_doctype AND b.creation > a.creation)

-- name: bank_statement_imports_failed
SELECT COUNT(*) FROM `tabBank Statement Import` AS a
WHERE a.modified > %(now)s - INTERVAL 90 DAY AND a.status IN ('Error', 'Partial Success', 'Timed Out')
  AND NOT EXISTS (SELECT 1 FROM `tabBank Statement Import` AS b WHERE b.status = 'Success' AND b.bank_account = a.bank_account AND b.creation > a.creation)

-- Disabled by a person its status says so as well; after a failure the app sets the one box only.
-- name: auto_repeats_disabled
SELECT COUNT(*) FROM `tabAuto Repeat`
WHERE disabled = 1 AND status = 'Active' AND (end_date IS NULL OR end_date > DATE(%(now)s))

-- name: patches_skipped
SELECT COUNT(*) FROM `tabPatch Log` AS p WHERE p.skipped = 1 AND p.patch NOT IN (SELECT patch FROM `tabPatch Log` WHERE skipped = 0 AND patch IS NOT NULL)

-- Rows: an app of the site, or a patch that it has; the probe compares them with these apps' patches.txt.
-- name: patches_applied
SELECT NULL AS app, patch FROM `tabPatch Log` WHERE skipped = 0
UNION ALL SELECT app_name, NULL FROM `tabInstalled Application`

-- Rows: app, version; the probe compares them with the code on the bench.
-- name: installed_apps
SELECT app_name, app_version FROM `tabInstalled Application`

-- Rows: an app of the site, or a method; the probe compares them with these apps' hooks. One that was stopped is there.
-- name: scheduled_jobs
SELECT NULL AS app, method FROM `tabScheduled Job Type`
UNION ALL SELECT app_name, NULL FROM `tabInstalled Application`

-- Rows: a DocType and its engine, or a table as a file's name (InnoDB writes a space as @0020) or as its own; the probe
-- compares them. Another engine's table shows in TABLES, and only to who may read it.
-- name: doctypes_and_tables
SELECT d.name AS doctype, COALESCE(d.engine, 'InnoDB') AS engine, NULL AS file, NULL AS tab FROM tabDocType AS d
WHERE d.issingle = 0 AND d.is_virtual = 0
UNION ALL SELECT NULL, NULL, SUBSTRING(NAME, LENGTH(DATABASE()) + 2), NULL FROM information_schema.INNODB_SYS_TABLES
WHERE LEFT(NAME, LENGTH(DATABASE()) + 1) = CONCAT(DATABASE(), '/')
UNION ALL SELECT NULL, NULL, NULL, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()

-- Read row by row by the daily report (reporters/daily/site.py), once a day; %(now)s is the end of its time.
-- name: report_top_errors
SELECT LEFT(method, 200), COUNT(*) AS number FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 1 DAY AND creation > %(now)s - INTERVAL 1 DAY AND creation <= %(now)s
  AND method NOT REGEXP {diary}
GROUP BY LEFT(method, 200) ORDER BY number DESC LIMIT 100

-- name: report_top_errors_7d
SELECT LEFT(method, 200), COUNT(*) AS number FROM `tabError Log`
WHERE modified > %(now)s - INTERVAL 7 DAY AND creation > %(now)s - INTERVAL 7 DAY AND creation <= %(now)s
  AND method NOT REGEXP {diary}
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
