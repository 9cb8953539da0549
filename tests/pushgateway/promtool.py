"""Rules tried on made-up series: written as minutes, judged by promtool."""

from __future__ import annotations

import itertools
import subprocess

import yaml

from demo import servers
from pushgateway import rules
from reporters import metrics


def tool(name, *arguments, cwd=None):
    """Run a tool and give what it says; it must be installed, and content."""
    done = subprocess.run(
        [servers.program(name), *arguments], capture_output=True, text=True, timeout=300, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def values(text):
    """`1*3 0*2` is 1 1 1 0 0, a sample a minute; `_` is none, and `now*5` the time itself, in seconds."""
    found = []
    for part in text.split():
        value, _, times = part.partition("*")
        found += [value] * int(times or 1)
    return " ".join(
        str(minute * 60) if value == "now" else value
        for minute, value in zip(itertools.count(), found, strict=False)
    )


def series(name, /, **labels):
    told = ",".join(f'{key}="{value}"' for key, value in ({"site": "a", "suite": "full"} | labels).items())
    return f"{name}{{{told}}}"


def item(check="error_rate", severity="critical", name=metrics.SUCCESS, **labels):
    return series(name, check=check, severity=severity, group="errors", **labels)


RUN = series(metrics.RUN_ENDED)
PUSHED = series("push_time_seconds", job=metrics.JOB)
UP = 'up{job="pushgateway",instance="x"}'
ALL = {RUN: "now*100", PUSHED: "now*100", UP: "1*100"}
"""All is well with the runs."""

FIRING = 'sum by (alertname, severity) (ALERTS{alertstate="firing",alertname!="Watchdog"})'


def firing(names):
    """Exactly these alerts, written as `name severity`."""
    pairs = [one.split() for one in names]
    return [
        {"labels": f'{{alertname="{name}",severity="{severity}"}}', "value": 1} for name, severity in pairs
    ]


def _rules(inputs, groups):
    """The rules without the alerts of checks that are not tried: a day of minutes takes a second, not forty."""
    document = rules.document()
    for group in document["groups"]:
        group["rules"] = [
            one
            for one in group["rules"]
            if not (check := one.get("labels", {}).get("check"))
            or any(f'"{check}"' in name for name in inputs)
        ]
    document["groups"] = [group for group in document["groups"] if not groups or group["name"] in groups]
    return yaml.safe_dump(document)


def run(folder, inputs, expected=(), annotated=(), groups=()):
    """What holds at which minute: (minute, expression, samples); and alerts with annotations, as promtool has them."""
    test = {
        "interval": "1m",
        "input_series": [{"series": one, "values": values(text)} for one, text in inputs.items()],
        "promql_expr_test": [
            {"eval_time": f"{minute}m", "expr": expr, "exp_samples": samples}
            for minute, expr, samples in expected
        ],
        "alert_rule_test": list(annotated),
    }
    (folder / "rules.yml").write_text(_rules(inputs, groups), encoding="utf-8")
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "group_eval_order": [group["name"] for group in rules.document()["groups"]],  # else any, each time
        "tests": [test],
    }
    path = folder / "case.yml"
    path.write_text(yaml.safe_dump(document))
    tool("promtool", "test", "rules", str(path))
