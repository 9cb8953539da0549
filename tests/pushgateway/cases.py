"""What comes in, minute by minute, and exactly which alerts fire when."""

from __future__ import annotations

from reporters import metrics
from tests.pushgateway.promtool import PUSHED, RUN, UP, item, series

OK, BAD = "1*100", "0*100"
UNKNOWN = metrics.UNKNOWN
LOST = ["NoData critical", "NoPushes high", "SiteGone high"]
RATE, WARNING = "error_rate critical", "error_rate warning"
CASES = {
    "all is well": ({item(): OK}, {0: [], 30: [], 90: []}),
    "critical at once, and until it passes": (
        {item(): "1*5 0*10 1*10"},
        {4: [], 5: [RATE], 14: [RATE], 15: []},
    ),
    "warning with the second run": (
        {item(severity="warning"): "1*5 0*10 1*10"},
        {5: [], 10: [], 11: [WARNING], 14: [WARNING], 15: []},
    ),
    "one failing run is no warning": ({item(severity="warning"): "1*5 0*5 1*20"}, {10: [], 11: [], 20: []}),
    "unknown is told, late, and is not failing": (
        {item(): "1*5", item(name=UNKNOWN): "0*5 1*40 0*20"},
        {6: [], 34: [], 35: ["CheckUnknown high"], 45: []},
    ),
    "a failure that becomes unknown goes on": (
        {item(): "0*5 _*40 1*9", item(name=UNKNOWN): "0*5 1*40 0*9"},
        {6: [RATE], 30: [RATE], 40: [RATE, "CheckUnknown high"], 45: []},
    ),
    "a check that is gone has no alert": ({item(): "0*5 stale"}, {4: [RATE], 5: []}),
    "two ways to Prometheus are one alert": (
        {item(job="node", instance="x"): BAD, item(job="verenigingen_checks"): BAD},
        {5: [RATE]},
    ),
    "another suite tells nothing": ({item(suite="smoke"): BAD}, {10: []}),
    "a severity of the settings, a check without rule": (
        {item(severity="high"): "0*9 1*9", item("made_up", "info"): "0*9 1*9", item(): OK},
        {1: [], 2: ["CheckFailing high", "CheckFailing info"], 9: []},
    ),
    "data lost and back": (
        {item(): "0*5 stale _*4 0*5", RUN: "now*5 stale _*4 now*10"},
        {4: [RATE], 7: [RATE], 12: [RATE]},
    ),
    "data lost for good": (
        {item(): "0*5 stale", RUN: "now*5 stale", PUSHED: "now*5 stale"},
        {
            7: [RATE],
            20: [RATE, *LOST],
            30: LOST,
        },
    ),
    "nothing ever": ({RUN: None, PUSHED: None, UP: None}, {14: [], 15: ["NoData critical"]}),
    "one of two sites is gone": (
        {series(metrics.RUN_ENDED, site="b"): "now*5 stale"},
        {4: [], 19: [], 20: ["SiteGone high"], 90: ["SiteGone high"]},
    ),
    "no run": (
        {RUN: "now*6 300*30 now*9", PUSHED: "now*6 300*30 now*9"},
        {19: [], 20: [], 21: ["NoRun critical"], 35: ["NoRun critical"], 36: []},
    ),
    "no run, by text file": (
        {RUN: "0*30", PUSHED: None, UP: None},
        {15: [], 16: ["NoRun critical"]},
    ),
    "runs do not reach the gateway": ({PUSHED: "0*30 now*9"}, {15: [], 16: ["NoPush high"], 30: []}),
    "gateway is down": ({UP: "1*2 0*20 1*9"}, {6: [], 7: ["GatewayDown critical"], 22: []}),
    "a push is refused": (
        {series("push_failure_time_seconds", job=metrics.JOB): "0*5 9999*5 60*9"},
        {4: [], 5: ["PushRefused high"], 10: []},
    ),
    "another team's push is refused": (
        {
            series("push_failure_time_seconds", job="other"): "9999*9",
            series("push_time_seconds", job="other"): "0*30",
        },
        {5: [], 25: []},
    ),
    "one run is cut short": ({series(metrics.RUN_COMPLETE): "1*5 0*5 1*20"}, {9: [], 11: [], 20: []}),
    "two runs are cut short": (
        {series(metrics.RUN_COMPLETE): "1*5 0*10 1*9"},
        {10: [], 11: ["RunIncomplete high"], 15: []},
    ),
    "runs judge nothing": (
        {series(metrics.RUN_JUDGED): "300*5 0*10 54*9"},
        {10: [], 11: ["RunJudgedNothing critical"], 15: []},
    ),
    "many unknown": (
        {
            series(metrics.RUN_CHECKS, status="unknown"): "21*10 20*10",
            series(metrics.RUN_CHECKS, status="ok"): "79*10 80*10",
            series(metrics.RUN_CHECKS, status="skipped"): "500*20",
        },
        {5: [], 6: ["ManyUnknown high"], 9: ["ManyUnknown high"], 10: []},
    ),
    "many blocked have a cause": (
        {
            series(metrics.RUN_CHECKS, status="unknown"): "1*20",
            series(metrics.RUN_CHECKS, status="blocked"): "160*20",
            series(metrics.RUN_CHECKS, status="ok"): "40*20",
        },
        {15: []},
    ),
    "a check of every run is stale": (
        {item("site_answers", name=metrics.OBSERVED): "0*30 now*9"},
        {15: [], 16: ["CheckStale warning"], 30: []},
    ),
    "an hourly check is stale": (
        {item("static_assets_served", name=metrics.OBSERVED): "0*90"},
        {75: [], 76: ["CheckStale warning"]},
    ),
    "a reporter fails": (
        {series(metrics.REPORTER_FAILURES, reporter="pushgateway"): "0*5 1*5 2*5 3*5 0*5"},
        {14: [], 15: ["ReporterFailing high"], 20: []},
    ),
}
