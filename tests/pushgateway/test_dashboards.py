"""The dashboards' files: every check is on them, complete, in its place, with its own limits."""

from __future__ import annotations

import json
import re

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from fixtures.catalogue import declared, group
from pushgateway.dashboards import frame, looks, queries
from pushgateway.dashboards.__main__ import FOLDER, dashboards, render
from reporters import metrics

DASHBOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
UIDS = {
    "verenigingen-overview",
    "verenigingen-check",
    "verenigingen-sepa-and-billing",
    "verenigingen-capacity",
    "verenigingen-runs",
}


def panels(uid=None):
    for name, dashboard in DASHBOARDS.items():
        if uid in (None, name):
            yield from (panel for panel in dashboard["panels"] if panel["type"] != "row")


def targets():
    """Every question, with the panel that asks it."""
    return [(panel, target) for panel in panels() for target in panel["targets"]]


def steps(panel):
    return panel["fieldConfig"]["defaults"]["thresholds"]["steps"]


def colour(panel, value):
    """What Grafana colours a value: the last step that it reaches."""
    return [step["color"] for step in steps(panel) if step["value"] is None or value >= step["value"]][-1]


def test_the_files_are_in_step():
    """`make generate` writes them anew."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == render()


def test_the_runbook_can_be_elsewhere():
    for text in render("https://git.example.nl/pages").values():
        box = json.loads(text)["templating"]["list"][-1]
        assert box["query"] == box["current"]["value"] == "https://git.example.nl/pages"
        assert frame.PAGES not in text


def test_uids_stay():
    """A changed uid would make a second dashboard beside the first, and break links."""
    own = {f"verenigingen-{group(name)}".replace("_", "-") for name in declared()}
    assert set(DASHBOARDS) - UIDS < own
    assert set(DASHBOARDS) > UIDS
    assert len(DASHBOARDS) == len(dashboards())
    assert all(name == dashboard["uid"] and len(name) <= 40 for name, dashboard in DASHBOARDS.items())


def test_every_check_has_a_panel():
    """Beside the curated dashboards: on its group's, or on the one of SEPA and billing."""
    for name in declared():
        home = f"verenigingen-{group(name).replace('_', '-')}"
        own = [
            panel for panel in panels(home if home in DASHBOARDS else frame.MONEY) if panel["title"] == name
        ]
        assert any(f'check="{name}"' in panel["targets"][0]["expr"] for panel in own), name
        assert all(f"/{name}.md" in panel["links"][0]["url"] for panel in own)


def test_panels_are_complete():
    """Title, description, unit, data source; a number without a unit says nothing."""
    known = {"none", "short", "percentunit", "dateTimeFromNow", *looks.UNITS.values()}
    for panel in panels():
        unit = panel["fieldConfig"]["defaults"]["unit"]
        assert panel["title"].strip()
        assert len(panel["description"]) > 20
        assert unit in known or re.fullmatch(r"suffix:\S.*", unit), (panel["title"], unit)
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert "$" not in panel["title"] + panel["description"]  # Grafana would take it for a variable


def test_layout():
    """No panel covers another, leaves the grid, or shares its id."""
    for dashboard in DASHBOARDS.values():
        found = dashboard["panels"]
        assert len({panel["id"] for panel in found}) == len(found)
        taken = set()
        for panel in found:
            at = panel["gridPos"]
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert at["x"] + at["w"] <= 24
            assert not cells & taken, (dashboard["uid"], panel["title"])
            taken |= cells


def test_dashboards_have_data_age_links_and_variables():
    for dashboard in DASHBOARDS.values():
        first = dashboard["panels"][0]
        assert first["title"] == "Data age"
        assert colour(first, 899) == "green"
        assert colour(first, 900) == colour(first, queries.NEVER) == "red"
        assert dashboard["links"][0]["tags"] == dashboard["tags"] == [frame.TAG]
        names = [variable["name"] for variable in dashboard["templating"]["list"]]
        assert names[:2] == ["datasource", "site"]
        assert names[-1] == "runbook"
        used = set(re.findall(r"\$(\w+)|\$\{(\w+)", json.dumps(dashboard)))
        known = {*names, "__range", "__url_time_range", "__value", "__all"}
        assert {first or second for first, second in used} <= known


def test_gauges_are_drawn_as_gauges():
    """All metrics are gauges, and each that is asked for exists."""
    named = {check.metric for check in declared().values()} - {None}
    for _, target in targets():
        assert not re.search(r"\b(i?rate|increase|resets)\s*\(", target["expr"])
        asked = set(re.findall(r"verenigingen_\w+", target["expr"]))
        assert asked <= {metrics.JOB, *metrics.ITEM_GAUGES, *metrics.RUN_GAUGES, *named}


def test_limits_are_the_declared_ones():
    """The limit itself is still fine, what lies beyond it has its severity's colour."""
    for panel in panels():
        check = declared().get(panel["title"])
        if check is None or not check.limits:
            continue
        fine = [(severity, limit) for severity, limit in check.limits]
        for place, (severity, limit) in enumerate(fine):
            beyond = (
                limit - 1e-9 * max(1, abs(limit)) if check.at_least else limit + 1e-9 * max(1, abs(limit))
            )
            before = looks.COLOURS[fine[place - 1][0]] if place else looks.GREEN
            assert colour(panel, limit) == before, panel["title"]
            assert colour(panel, beyond) == looks.COLOURS[severity], panel["title"]


def test_the_sdk_reads_them_back():
    """Nothing in the files is outside of the schema that its maker publishes."""
    for dashboard in DASHBOARDS.values():
        again = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
        assert again == dashboard


def test_provisioning_leads_to_the_dashboards():
    folder = FOLDER.parent / "provisioning"
    sources = yaml.safe_load((folder / "datasources/verenigingen-checks.yaml").read_text())["datasources"]
    assert [one["type"] for one in sources] == ["prometheus", "alertmanager"]
    provider = yaml.safe_load((folder / "dashboards/verenigingen-checks.yaml").read_text())["providers"][0]
    compose = yaml.safe_load((FOLDER.parents[1] / "compose.yaml").read_text())
    mounts = compose["services"]["grafana"]["volumes"]
    assert f"./grafana/dashboards:{provider['options']['path']}:ro" in mounts
    for service in compose["services"].values():
        assert re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", service["image"])
        assert "127.0.0.1" in json.dumps(service.get("command", service.get("environment")))
        assert set(service.get("healthcheck", {})) >= {"test"}
        for mount in service["volumes"]:
            assert not mount.startswith("./") or (FOLDER.parents[1] / mount.split(":")[0]).exists(), mount
