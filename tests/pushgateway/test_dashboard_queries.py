"""Every question of the dashboards, put to a real Prometheus that holds runs of three sites."""

from __future__ import annotations

import itertools
import re
import time

import pytest
import requests
import yaml
from prometheus_client import push_to_gateway

from demo import servers, stack
from fixtures.catalogue import declared, group
from fixtures.declaration import SEVERITIES
from pushgateway.dashboards import frame, queries
from pushgateway.suite import GATEWAY
from reporters import metrics
from reporters.run import Result, Run
from tests.pushgateway.test_dashboards import DASHBOARDS, panels, targets
from tests.steady import until

FAILS, UNSEEN = "error_rate", "mail_waiting"
SICK, WELL, LOST = "sick", "well", "lost"
BOTH = f"{SICK}|{WELL}"

EMPTY_WHEN_WELL = {
    **{("Not ok now", letter): "it lists what is wrong, and nothing is" for letter in "ABCDE"},
    ("Sites", "B"): "no site has a failing check to count",
    ("Sites", "C"): "no site has an unknown check to count",
}
EMPTY_WHEN_SICK = {(UNSEEN, "A"): "an unknown check has no value: a gap is drawn"}


def results(site):
    """An item for each limit of each check; on the sick site one check fails and one is unknown."""
    for name, check in declared().items():
        for severity, limit in check.limits or ((check.severity, None),):
            status = {FAILS: "failing", UNSEEN: "unknown"}.get(name, "ok") if site == SICK else "ok"
            yield Result(
                check=name, site=site, group=group(name), severity=severity, status=status, limit=limit,
                value=None if limit is None or status == "unknown" else limit, metric=check.metric,
                observed_at=time.time(), duration=0.01, summary="x",
            )  # fmt: skip


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A Prometheus that reads a Pushgateway; the runs of the third site ended an hour ago."""
    folder = tmp_path_factory.mktemp("prometheus")
    gateway, port = servers.free_ports(2)
    config = {
        "global": {"scrape_interval": "5s", "scrape_timeout": "5s"},
        "scrape_configs": [
            {
                "job_name": GATEWAY,
                "honor_labels": True,
                "static_configs": [{"targets": [f"{servers.HOST}:{gateway}"]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    runs = []
    for site, ago in {SICK: 0, WELL: 0, LOST: 3600}.items():
        found = tuple(results(site))
        started = time.time() - 3 - ago
        runs.append(Run("1", started, 3.0, 1, complete=True, selected=len(found), results=found))
    carried = metrics.Carried(last_complete=1.0, reporter_failures={"slack": 0})
    running = [stack.pushgateway(gateway), stack.prometheus(port, folder / "prometheus.yml", folder / "data")]
    try:
        for executor in running:
            servers.start(executor)
        for run in runs:
            series, (site,) = metrics.registry(run, carried), run.sites()
            push_to_gateway(
                f"{servers.HOST}:{gateway}", metrics.JOB, series, {"site": site, "suite": run.suite}
            )
        asker = Asker(f"http://{servers.HOST}:{port}")
        seen = f"count({metrics.SUCCESS}) + count({metrics.UNKNOWN} == 1)"
        asker.wait(seen, sum(len(run.results) for run in runs))
        yield asker
    finally:
        for executor in running:
            executor.stop()


class Asker:
    """Puts questions as Grafana does: with its variables filled in."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def api(self, path, **options):
        answer = self.session.get(f"{self.url}/api/v1/{path}", params=options, timeout=60)
        assert answer.status_code == 200, f"{options}: {answer.text}"
        return answer.json()["data"]

    def ask(self, expr, *, instant=True, site=BOTH, check=FAILS):
        known = {
            "site": site,
            "group": ".+",
            "severity": "|".join(SEVERITIES),
            "check": check,
            "__range": "1m",
        }
        query, now = re.sub(r"\$(\w+)", lambda found: known[found[1]], expr), time.time()
        if instant:
            return self.api("query", query=query, time=now)["result"]
        return self.api("query_range", query=query, start=now - 2, end=now, step=1)["result"]

    def wait(self, expr, wanted):
        until(
            lambda: [one["value"][1] for one in self.ask(expr)] == [str(wanted)], f"{expr} is {wanted}", 120
        )


@pytest.mark.parametrize(("site", "empty"), [(WELL, EMPTY_WHEN_WELL), (SICK, EMPTY_WHEN_SICK), (BOTH, {})])
def test_every_question_has_an_answer(prometheus, site, empty):
    """One site that is well, one that is not, and both at once, as with many sites."""
    answers = {}
    for panel, target in targets():
        key = (target["expr"], target["instant"])
        if key not in answers:
            answers[key] = prometheus.ask(target["expr"], instant=target["instant"], site=site)
        nothing = not answers[key]
        shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert all(shown <= set(answer["metric"]) for answer in answers[key]), (panel["title"], shown)
        assert nothing == ((panel["title"], target["refId"]) in empty), (panel["title"], target["expr"])


def test_states_are_told_as_they_are(prometheus):
    def rank(site):
        found = prometheus.ask(queries.rank(f'check=~"{FAILS}|{UNSEEN}"', "check"), site=site)
        return {one["metric"]["check"]: float(one["value"][1]) for one in found}

    worst = queries.FAILING + SEVERITIES.index("critical")
    assert rank(SICK) == {FAILS: worst, UNSEEN: queries.UNKNOWN}
    assert rank(WELL) == {FAILS: queries.OK, UNSEEN: queries.OK}
    overview = [panel for panel in panels(frame.OVERVIEW) if panel["title"] == "Not ok now"]
    rows = prometheus.ask(overview[0]["targets"][0]["expr"])
    assert {(one["metric"]["check"], one["metric"]["site"]) for one in rows} == {
        (FAILS, SICK),
        (UNSEEN, SICK),
    }
    counts = {
        panel["title"]: float(prometheus.ask(panel["targets"][0]["expr"])[0]["value"][1])
        for panel in itertools.islice(panels(frame.OVERVIEW), 4)
    }
    assert counts.pop("Data age") < 600  # the runs of the other site ended an hour ago
    assert counts == {"Failing": 1, "Unknown": 1, "Ok": 2 * len(declared()) - 2}


def test_no_run_does_not_look_fine(prometheus):
    assert float(prometheus.ask(queries.oldest(), site="gone")[0]["value"][1]) == queries.NEVER
    assert float(prometheus.ask(queries.oldest(), site=".+")[0]["value"][1]) > 3600
    drawn = prometheus.ask(queries.while_runs_come(queries.rank("", "site, check")), site=".+")
    assert {one["metric"]["site"] for one in drawn} == {SICK, WELL}


def test_variables_find_their_values(prometheus):
    wanted = {"site": {SICK, WELL, LOST}, "check": set(declared()), "group": set(map(group, declared()))}
    for dashboard in DASHBOARDS.values():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                series, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]).groups()
                asked = series.replace("$site", ".+")
                assert set(prometheus.api(f"label/{label}/values", **{"match[]": asked})) == wanted[label]
