"""A scheduled run when a site's config, or the settings themselves, cannot be read: who is told, and of what."""

import json

import pytest

from tests.reporters.receiving import serving_http

CHECKS = '''
@check(config_readable(), severity="critical")
def test_site_config_readable(value):
    """Its config can be read."""
    assert not value, value

@check(backup("count"), severity="high")
def test_backup_exists(value):
    """There is a backup."""
    assert value > 0

def no_occasion(site):
    from fixtures.observe import NotApplicable

    raise NotApplicable("yesterday was a holiday")

@check(no_occasion, severity="info")
def test_of_holidays(value):
    """Asks no config either."""
    assert value

@check(lambda site: 1, warning=5)
def test_of_nothing(value, limit):
    """Asks no config."""
    assert value <= limit
'''


@pytest.fixture
def receiver():
    with serving_http() as made:
        yield made


@pytest.fixture
def bench(project, receiver):
    """Two sites that are well, a heartbeat and a channel."""
    folder = project.folder / "bench"
    for name in ("one.test", "two.test"):
        site = folder / "sites" / name
        (site / "private" / "backups").mkdir(parents=True)
        slug = name.replace(".", "_")
        (site / "private" / "backups" / f"20261128_020000-{slug}-database.sql.gz").touch()
        (site / "site_config.json").write_text('{"db_name": "x", "db_password": "a-password"}')
    project.checks(CHECKS)
    project.settings(settings(folder, receiver))
    return folder


def settings(folder, receiver, more=""):
    return f'{more}\nbench = "{folder}"\n' + "".join(
        f'[{name}]\nurl = "{receiver.url("/" + name)}"\n' for name in ("heartbeat", "webhook")
    )


def pings(receiver):
    return [one.path.partition("?")[0] for one in receiver.got if one.path.startswith("/heartbeat")]


def told(receiver):
    return [one.body.decode() for one in receiver.got if one.path.startswith("/webhook")]


def statuses(outcome):
    """(site, check) -> outcome."""
    found = {}
    for test in outcome.document["tests"]:
        facts = {key: value for pair in test["user_properties"] for key, value in pair.items()}
        found[facts["site"], facts["check"]] = test["outcome"], facts
    return found


def test_sites_that_are_well_are_no_news(project, bench, receiver):
    assert project.run("checks", "--publish").status == 0
    assert pings(receiver) == ["/heartbeat/start", "/heartbeat"]
    assert [json.loads(one)["kind"] for one in told(receiver)] == ["canary"]


@pytest.mark.parametrize("name", ["site_config.json", "../common_site_config.json"])
def test_a_broken_config_is_told_and_the_others_are_judged(project, bench, receiver, name):
    (bench / "sites" / "one.test" / name).write_text('{"db_name": "x",}')
    outcome = project.run("checks", "--publish")
    assert outcome.status == 1, outcome.text
    found = statuses(outcome)
    sites = ["one.test"] if name == "site_config.json" else ["one.test", "two.test"]
    for site in ("one.test", "two.test"):
        state, facts = found[site, "site_config_readable"]
        assert state == ("failed" if site in sites else "passed")
        assert found[site, "backup_exists"][0] == ("error" if site in sites else "passed")
        assert found[site, "of_nothing"][0] == "passed"
        assert found[site, "of_holidays"][0] == "skipped"  # what has another reason keeps it
    facts = found["one.test", "backup_exists"][1]
    assert facts["depends_on"] == ["site_config_readable"]
    assert "is not JSON (line 1, column" in facts["reason"]
    assert pings(receiver) == ["/heartbeat/start", "/heartbeat/fail"]
    last = next(one for one in receiver.got if one.path.startswith("/heartbeat/fail")).body.decode()
    assert f"the config of {len(sites)} site" in last
    assert "site_config_readable" in "".join(told(receiver))
    health = json.loads((project.folder / "state" / "public" / "health.json").read_text())
    assert health["status"] == "unhealthy"
    assert "a-password" not in outcome.text + json.dumps(outcome.document) + "".join(told(receiver))


@pytest.mark.parametrize("arguments", [["--site", "two.test"], []])
def test_a_broken_config_of_a_site_that_is_not_looked_at_is_nothing(project, bench, receiver, arguments):
    (bench / "sites" / "one.test" / "site_config.json").write_text("")
    if not arguments:
        project.settings(settings(bench, receiver) + '[sites."one.test"]\nenabled = false\n')
    outcome = project.run("checks", "--publish", *arguments)
    assert outcome.status == 0, outcome.text
    assert {site for site, _ in statuses(outcome)} == {"two.test"}


@pytest.mark.parametrize(
    "more",
    ["deadlin = 5", "deadline = 'a-password'", "[mail\n", "known = [{check = 'nonsense', items = ['x']}]"],
)
def test_settings_that_are_wrong_elsewhere_still_tell_the_heartbeat(project, bench, receiver, more):
    project.settings(settings(bench, receiver, more))
    outcome = project.run("checks", "--publish")
    assert outcome.status == 4, outcome.text
    assert pings(receiver) == ["/heartbeat/fail"]
    assert receiver.got[-1].body == b"the settings are wrong or cannot be read: nothing was checked\n0.0 s\n"
    assert "Traceback" not in outcome.text


@pytest.mark.parametrize("arguments", [["checks"], ["checks", "--publish", "--collect-only"]])
def test_a_run_by_hand_tells_the_heartbeat_nothing(project, bench, receiver, arguments):
    project.settings(settings(bench, receiver, "deadlin = 5"))
    assert project.run(*arguments).status == 4
    assert receiver.got == []


def test_a_settings_file_that_is_gone_leaves_the_environment(project, bench, receiver):
    (project.folder / "checks.toml").unlink()
    url = {"CHECKS_HEARTBEAT_URL": receiver.url("/heartbeat"), "CHECKS_PUBLISH": "1"}
    outcome = project.run("checks", "--settings", "nowhere.toml", env=url)
    assert outcome.status == 4
    assert pings(receiver) == ["/heartbeat/fail"]


def test_a_heartbeat_that_does_not_answer_is_a_line_and_no_more(project, bench, receiver):
    receiver.replies = [(500, {}, b"")] * 5
    project.settings(settings(bench, receiver, "deadlin = 5"))
    outcome = project.run("checks", "--publish")
    assert outcome.status == 4
    assert "heartbeat FAILED: the heartbeat service answered 500" in outcome.text


def test_the_self_check_names_it(project, bench):
    (bench / "sites" / "one.test" / "site_config.json").write_text("")
    text = project.run("checks", "--self-check").text
    assert "wrong    config of one.test: " in text
    assert "config of two.test" not in text


def test_a_check_that_is_none_in_a_file_of_one_site_is_a_fault_of_that_site(project, bench, receiver):
    folder = project.folder / "sites.d"
    folder.mkdir()
    (folder / "far.test.toml").write_text("[checks.of_nothin]\nwarning = 1\n")
    project.settings(settings(bench, receiver, f'sites_folder = "{folder}"'))
    outcome = project.run("checks", "--publish")
    assert outcome.status == 1, outcome.text
    found = statuses(outcome)
    assert {site for site, _ in found} == {"far.test", "one.test", "two.test"}
    state, facts = found["far.test", "site_config_readable"]
    assert (state, facts["reason"]) == (
        "failed",
        'sites."far.test".checks.of_nothin: no such check; did you mean of_nothing?',
    )
    assert found["far.test", "backup_exists"][0] == "error"
    assert found["two.test", "backup_exists"][0] == "passed"
    assert pings(receiver)[-1] == "/heartbeat/fail"
