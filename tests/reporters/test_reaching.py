"""What the self-check asks of servers: an account's rights, and whether a channel's server is there."""

from __future__ import annotations

import pytest

from fixtures.schema import Mail, Secret, Webhook
from fixtures.settings import read
from fixtures.site import sites
from reporters import reaching
from tests.conftest import ROOT, run_pytest

GRANTS = (
    "GRANT PROCESS, SHOW DATABASES ON *.* TO `checks`@`%` IDENTIFIED BY PASSWORD '*AB ON x TO y'",
    "GRANT SELECT (`name`, `INSERT ON a TO b`) ON `d``b`.`tabUser` TO `checks`@`%`",
)


@pytest.mark.parametrize(
    ("more", "writes"),
    [
        ([], set()),
        (["GRANT SELECT, INSERT (`a`, `b`), Delete ON `db`.* TO `checks`@`%`"], {"INSERT", "DELETE"}),
        (
            ["GRANT ALL PRIVILEGES ON `db`.* TO `checks`@`%` WITH GRANT OPTION"],
            {"ALL PRIVILEGES", "GRANT OPTION"},
        ),
        (["GRANT `writers` TO `checks`@`%`"], {"what a role may"}),
        (["SET DEFAULT ROLE `x` FOR `checks`@`%`"], set()),
        (["GRANT PROXY ON ''@'%' TO 'checks'@'%'"], {"PROXY"}),
    ],
)
def test_rights_are_read_from_the_grants(more, writes):
    assert reaching.rights([*GRANTS, *more]) - reaching.READING == writes


def test_a_role_of_the_account_is_seen(demo):
    with demo.root() as cursor:
        cursor.execute("CREATE ROLE writers")
        cursor.execute("GRANT INSERT ON `_demo`.`tabUser` TO writers")
        cursor.execute("GRANT writers TO 'checks'@'%'")
    try:
        (found,) = reaching.account(sites(read(demo.settings, {}))[0])
    finally:
        with demo.root() as cursor:
            cursor.execute("DROP ROLE writers")
    assert found.level == "warning"
    assert "role" in found.said


def test_a_channels_server_is_connected_to_and_sent_nothing(receiver, monkeypatch):
    receiver.got.clear()
    receiver.paths.clear()
    (found,) = reaching.channel("webhook", Webhook(url=Secret(receiver.url)))
    assert found.level == "ok"
    assert (receiver.got, receiver.paths) == ([], [])
    port = receiver.server.server_port
    (mail,) = reaching.channel("mail", Mail(host="127.0.0.1", port=port))
    assert mail.said == f"127.0.0.1:{port} takes a connection"
    (tls,) = reaching.channel("webhook", Webhook(url=Secret(f"https://localhost:{port}/x")))
    assert tls.level == "wrong"
    monkeypatch.setenv("https_proxy", receiver.url)
    (proxied,) = reaching.channel("webhook", Webhook(url=Secret("https://hooks.example/secret")))
    assert proxied.said == f"the proxy 127.0.0.1:{port} takes a connection"


def test_the_sites_own_account_is_one_that_writes(demo, tmp_path):
    settings = tmp_path / "checks.toml"
    settings.write_text(f'bench = "{demo.bench}"\nstate = "{tmp_path / "state"}"\n')
    outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(settings))
    assert outcome.status == 0, outcome.text
    assert "can do more than read: ALL PRIVILEGES" in outcome.text
    assert "deploy/grants.sql" in outcome.text
    assert not (tmp_path / "state").exists()
    assert "demo-only" not in outcome.text


def test_a_zone_that_the_site_does_not_write_in_is_wrong(demo, tmp_path):
    text = demo.settings.read_text(encoding="utf-8")
    settings = tmp_path / "checks.toml"
    settings.write_text(f'time_zone = "Asia/Tokyo"\n{text}')
    outcome = run_pytest(ROOT, "checks", "--self-check", "--settings", str(settings))
    assert outcome.status == 1
    assert "time_zone is Asia/Tokyo, and the site writes in Europe/Amsterdam" in outcome.text
