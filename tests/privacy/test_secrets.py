"""No secret of the settings or the bench in anything that a run puts out or leaves, well or broken."""

from __future__ import annotations

import typing

import pytest
from msgspec import Struct

from fixtures.holding import secret_keys
from fixtures.schema import Document
from tests.privacy.rig import FILE_ONLY, values

LOUD = ("-vvv", "--showlocals", "--tb=long", "--log-json", "--setup-show", "--trace-config", "-rA")


def test_each_secret_of_the_settings_has_a_canary():
    """The list is the schema's own: whoever adds a secret adds a canary for it."""
    files = {
        (section, key)
        for section, kind in typing.get_type_hints(Document).items()
        if isinstance(kind, type) and issubclass(kind, Struct)
        for key in kind.__struct_fields__
        if key.endswith("_file")
    }
    secrets = {*secret_keys()}
    assert {*values(1, 2, 3)} == secrets | {*FILE_ONLY}
    assert files - {(section, f"{key}_file") for section, key in secrets} == {*FILE_ONLY}
    assert ("database", "password") in secrets
    assert len(secrets) >= 15


def files(rig) -> list[str]:
    """Options that have pytest write what it can."""
    names = {"junitxml": "junit.xml", "debug": "debug.log", "log-file": "log"}
    return [*(f"--{option}={rig.out}/{name}" for option, name in names.items()), "--log-file-level=DEBUG"]


def test_a_healthy_run(rig):
    """With secrets in files; each channel is told that it works."""
    env = rig.settings("file", alerts={"canary": "1d"})
    outcome = rig.run(*LOUD, *files(rig), "--publish", env=env)
    assert outcome.status == 0, outcome.text
    assert "FAILED" not in outcome.text, outcome.text
    told = {one.path.split("/")[1].partition("?")[0] for one in rig.http.got}
    assert {"services", "hook", "ping", "metrics"} <= told, told
    assert any("apprise" in one.path for one in rig.http.got), told
    assert len(rig.post.got) == 1
    assert not rig.leaks(outcome)


WAYS = {
    "inline": pytest.param("inline", False),
    "environment": pytest.param("environment", True, marks=pytest.mark.drill),
}


@pytest.mark.parametrize(("way", "bot"), WAYS.values(), ids=WAYS)
def test_all_passwords_are_wrong(rig, way, bot):
    """Each server refuses, and repeats what it was sent."""
    env = rig.settings(way, bot=bot)
    rig.accounts(good=False)
    outcome = rig.run(*LOUD, *files(rig), "--publish", env=env)
    assert outcome.status == 1, outcome.text
    assert {"database_answers", "redis_queue_answers", "redis_cache_answers"} <= outcome.checks("failed")
    for name in ("slack", "mail", "apprise", "webhook", "alertmanager", "pushgateway", "heartbeat"):
        assert f"{name} FAILED" in outcome.text, outcome.text
    assert not rig.leaks(outcome)
    some = (
        "-k",
        "database_answers or redis_queue_answers or error_rate or journey",
        "--full-trace",
        "-l",
        "--tb=long",
    )
    outcome = rig.run(*some, *files(rig), env=env)
    assert "fixtures/judging.py" in outcome.text
    assert not rig.leaks(outcome)
