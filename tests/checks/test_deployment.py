"""A deployment on the demo site: it goes down, comes back, and one check stays broken."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import ROOT, run_pytest


@pytest.fixture
def deploy(demo, tmp_path):
    """The smoke run after a deployment, with a state folder of its own."""

    def run(*arguments, **options):
        text = demo.settings.read_text(encoding="utf-8")
        state = json.dumps(str(demo.folder / "state"))
        assert state in text
        (tmp_path / "checks.toml").write_text(text.replace(state, json.dumps(str(tmp_path / "state"))))
        return run_pytest(ROOT, "checks", "--settings", str(tmp_path / "checks.toml"), *arguments, **options)

    return run


def said(process, pattern):
    """Read on until a run has said this; what it says after that is in its outcome."""
    for line in process.stdout:
        if re.search(pattern, line):
            return


def test_it_waits_for_the_site_and_names_exactly_what_stays_broken(demo, deploy):
    with demo.broken("sepa_batch_failed"):
        demo.kill("web")

        def come_back(process):
            said(process, r"s: waiting for .*")
            demo.start_again("web")
            said(process, r"s: waiting for sepa_failed_batches$")
            process.terminate()  # or it would wait for this one until its time is up

        outcome = deploy("-m", "smoke", "--wait", "90", during=come_back)
    assert outcome.status == 1
    assert outcome.checks("failed") == {"sepa_failed_batches"}
    assert not outcome.checks("error")
    assert "still not ok: sepa_failed_batches" in outcome.text
    assert "site_answers" in outcome.text.partition("ok after ")[2]


def test_an_old_failure_does_not_fail_a_deployment(demo, deploy):
    with demo.broken("sepa_batch_failed"):
        assert deploy("--publish").status == 1
        outcome = deploy("-m", "smoke", "--baseline", "new")
        assert outcome.status == 0
        assert "failed before it too: sepa_failed_batches" in outcome.text
        with demo.broken("login_attack"):
            outcome = deploy("--baseline", "new")
        assert outcome.status == 1
        broken = outcome.text.partition("broken since the last scheduled run: ")[2].partition("\n")[0]
        assert "failed_logins_1h" in broken
        assert "sepa_failed_batches" not in broken


def test_nothing_else_is_judged_before_the_new_version_is_there(demo, deploy):
    outcome = deploy("-m", "smoke", "--wait", "5", "--expect-version", "verenigingen=99.0.0")
    assert outcome.status == 1
    assert outcome.checks("failed") == {"app_versions_expected"}
    assert "still not ok: app_versions_expected" in outcome.text
    from demo.seed_rest import APPS

    outcome = deploy(
        "-m", "smoke", "--wait", "120", "--expect-version", f"verenigingen={APPS['verenigingen']}"
    )
    assert outcome.status == 0
