"""The tables and views of the archive, as one migration of the history file.

Results are 330 a run and 35 million a year, so each is one short row of `samples`: its site, check and
severity are a number (`items`), its status is one, and a reason is kept only where something is not ok.
Everybody reads and writes them as `results`, as before. What was written to is put down in `stale_hours`, in
the same transaction, so that the roll-up neither misses a late result nor counts one twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

SCHEMA = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, check_id TEXT NOT NULL, severity TEXT NOT NULL,
    UNIQUE (site, check_id, severity)
);
CREATE TABLE samples (
    item INTEGER NOT NULL, observed_at REAL NOT NULL, status INTEGER NOT NULL, value REAL, limit_value REAL,
    microseconds INTEGER NOT NULL, reason TEXT,
    PRIMARY KEY (item, observed_at)
) WITHOUT ROWID;
CREATE TABLE hours (
    hour INTEGER NOT NULL, item INTEGER NOT NULL, ok INTEGER NOT NULL, failing INTEGER NOT NULL,
    unknown INTEGER NOT NULL, lowest REAL, total REAL, highest REAL, valued INTEGER NOT NULL,
    microseconds INTEGER NOT NULL,
    PRIMARY KEY (hour, item)
) WITHOUT ROWID;
CREATE TABLE daily (
    site TEXT NOT NULL, check_id TEXT NOT NULL, severity TEXT NOT NULL, day TEXT NOT NULL,
    ok INTEGER NOT NULL, failing INTEGER NOT NULL, unknown INTEGER NOT NULL,
    lowest REAL, average REAL, highest REAL, duration REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (day, site, check_id, severity)
) WITHOUT ROWID;
CREATE TABLE stale_hours (hour INTEGER PRIMARY KEY);
CREATE TABLE stale_days (day TEXT PRIMARY KEY) WITHOUT ROWID;

INSERT INTO items (site, check_id, severity) SELECT DISTINCT site, check_id, severity FROM results;
INSERT INTO samples
    SELECT i.id, r.observed_at, CASE r.status WHEN 'ok' THEN 0 WHEN 'failing' THEN 1 ELSE 2 END, r.value,
        r.limit_value, CAST(ROUND(r.duration * 1000000) AS INTEGER), iif(r.status = 'ok', NULL, r.reason)
    FROM results AS r JOIN items AS i USING (site, check_id, severity);
INSERT INTO stale_hours SELECT DISTINCT CAST(observed_at / 3600 AS INTEGER) FROM results;
DROP TABLE results;

CREATE VIEW results AS
    SELECT i.site, i.check_id, i.severity, s.observed_at, '' AS run_id,
        CASE s.status WHEN 0 THEN 'ok' WHEN 1 THEN 'failing' ELSE 'unknown' END AS status,
        s.value, s.limit_value, s.microseconds / 1e6 AS duration, coalesce(s.reason, '') AS reason
    FROM items AS i CROSS JOIN samples AS s ON s.item = i.id;
CREATE TRIGGER results_insert INSTEAD OF INSERT ON results BEGIN
    INSERT INTO items (site, check_id, severity) SELECT NEW.site, NEW.check_id, NEW.severity
    WHERE NOT EXISTS (
        SELECT 1 FROM items WHERE site = NEW.site AND check_id = NEW.check_id AND severity = NEW.severity
    );
    INSERT OR REPLACE INTO samples
        SELECT id, NEW.observed_at, CASE NEW.status WHEN 'ok' THEN 0 WHEN 'failing' THEN 1 ELSE 2 END,
            NEW.value, NEW.limit_value, CAST(ROUND(NEW.duration * 1000000) AS INTEGER),
            iif(NEW.status = 'ok', NULL, NEW.reason)
        FROM items WHERE site = NEW.site AND check_id = NEW.check_id AND severity = NEW.severity;
    INSERT INTO stale_hours SELECT CAST(NEW.observed_at / 3600 AS INTEGER)
    WHERE NOT EXISTS (SELECT 1 FROM stale_hours WHERE hour = CAST(NEW.observed_at / 3600 AS INTEGER));
END;
CREATE TRIGGER results_delete INSTEAD OF DELETE ON results BEGIN
    DELETE FROM samples WHERE observed_at = OLD.observed_at AND item = (
        SELECT id FROM items WHERE site = OLD.site AND check_id = OLD.check_id AND severity = OLD.severity
    );
END;
CREATE VIEW hourly AS
    SELECT i.site, i.check_id, i.severity, h.hour, h.ok, h.failing, h.unknown, h.lowest,
        h.total / h.valued AS average, h.highest, h.microseconds / 1e6 AS duration
    FROM hours AS h CROSS JOIN items AS i ON i.id = h.item WHERE h.hour NOT IN (SELECT hour FROM stale_hours)
    UNION ALL
    SELECT i.site, i.check_id, i.severity, t.hour, SUM(s.status = 0), SUM(s.status = 1), SUM(s.status = 2),
        MIN(s.value), AVG(s.value), MAX(s.value), SUM(s.microseconds) / 1e6
    FROM stale_hours AS t CROSS JOIN items AS i CROSS JOIN samples AS s ON s.item = i.id
        AND s.observed_at >= t.hour * 3600 AND s.observed_at < (t.hour + 1) * 3600
    GROUP BY t.hour, i.id;

-- For BI tools. Times are ISO 8601 in UTC. By the columns `..._epoch` a WHERE reads little.
CREATE VIEW v_results AS
    SELECT site, check_id, severity, strftime('%Y-%m-%dT%H:%M:%fZ', observed_at, 'unixepoch') AS observed_at,
        status, value, limit_value, duration AS duration_seconds, reason, observed_at AS observed_epoch
    FROM results;
CREATE VIEW v_hourly AS
    SELECT site, check_id, severity, strftime('%Y-%m-%dT%H:%M:%SZ', hour * 3600, 'unixepoch') AS hour,
        ok, failing, unknown, lowest, average, highest, duration AS duration_seconds,
        hour * 3600 AS hour_epoch
    FROM hourly;
CREATE VIEW v_daily AS
    SELECT site, check_id, severity, day, ok, failing, unknown,
        100.0 * ok / nullif(ok + failing, 0) AS ok_percent,
        lowest, average, highest, duration AS duration_seconds
    FROM daily;
CREATE VIEW v_incidents AS
    SELECT id AS incident_id, site, check_id, group_name, severity, status,
        strftime('%Y-%m-%dT%H:%M:%SZ', since, 'unixepoch') AS began_at,
        strftime('%Y-%m-%dT%H:%M:%SZ', ended, 'unixepoch') AS ended_at,
        ended - since AS duration_seconds, root AS root_check_id
    FROM incidents;
CREATE VIEW v_runs AS
    SELECT id AS run_id, suite, strftime('%Y-%m-%dT%H:%M:%fZ', started, 'unixepoch') AS started_at,
        duration AS duration_seconds, exit_status, complete, selected
    FROM runs;
"""
"""`hour` is one since the epoch; `day` is a date by the clock of `alerts.time_zone`."""


def statements(script: str) -> Iterator[str]:
    """The statements of a script, each of which ends at the end of a line; a trigger is one."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""
