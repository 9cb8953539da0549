"""Servers that cannot be reached, or answer badly."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from demo import certificates
from tests.conftest import Outcome
from tests.drills.channels import SERVICES, Service
from tests.drills.ledger import Drill, drill, drills
from tests.drills.outcome import because, line, names, run_of, said
from tests.drills.trouble import DNS, TLS, TROUBLES, Where, authority, certificate, trouble
from tests.drills.world import DEADLINE, World, small

TAKEN = ("answers one byte a second", "resets mid-answer")
"""The service took what it was sent; that this cannot be known, since the answer was lost, is no fault of a run."""

TOLD = "the webhook is told once; this one's message waits and comes once, with the next run"
AGAIN = "the webhook is told once; this one had it, and has it once more at most, since its answer was lost"
REPORTED = "the run tells that it failed, and all else goes on; the next run reaches it"


def _told(name: str, what: str) -> str:
    if name in ("Pushgateway", "heartbeat"):
        return REPORTED
    return AGAIN if what in TAKEN and name != "Alertmanager" else TOLD


CHANNELS = [
    Drill(f"{name}: {what}", _told(name, what), (name, what), quick=(name, what) in [("Slack", "refused")])
    for name in SERVICES
    for what in TROUBLES
]


@drills(CHANNELS)
def test_a_service_that_is_told(row, tmp_path):
    name, what = row.given
    with small(tmp_path) as world, SERVICES[name](tmp_path / "service") as service:
        world.hears.append(service.said)
        with trouble(what, service.port, tmp_path / "trouble") as where:
            world.settings(**{service.section: service.settings(where)})
            bad = world.run(env=where.env, under=where.under)
        assert bad.status == 1, bad.text
        assert names(bad, "failing") == {"full"}, bad.text
        assert f"{service.section} FAILED: " in bad.text, bad.text
        assert world.fired() == ["full"]
        early = service.came()
        if what not in TAKEN:
            assert early == 0
        if service.keeps:
            assert world.waiting(service.section) >= 1
        return _healed(world, service, early, line(bad, f"{service.section} FAILED"))


@drill(
    "all services at once: answer one byte a second",
    "each costs its own bound and no more, the run ends in time; with the next run all is reached",
)
def test_all_at_once(world, tmp_path):
    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(made(tmp_path / name)) for name, made in SERVICES.items()]
        world.hears += [one.said for one in services]
        met = {one.section: stack.enter_context(trouble(TAKEN[0], one.port, tmp_path)) for one in services}
        world.settings(**{one.section: one.settings(met[one.section]) for one in services})
        bad = world.run(deadline=10)
        world.settings(**{key: told for one in services for key, told in one.well().items()})
        well = world.run()
        failed = [one.section for one in services if f"{one.section} FAILED" in bad.text]
        assert failed == [one.section for one in services], bad.text
        assert "FAILED" not in well.text, well.text
        assert all(one.came() >= 1 for one in services)
        assert world.fired() == ["full"]
    return f"{said(bad)}; {', '.join(failed)} FAILED; the next run reached all"


def _healed(world: World, service: Service, early: int, told: str) -> str:
    """Two runs more: what waited comes once, and then nothing more."""
    world.settings(**service.well())
    for _ in range(2):
        well = world.run()
        assert well.status == 1, well.text
        assert "FAILED" not in well.text, well.text
    assert world.fired() == ["full"]
    assert world.runs() == 3
    if service.keeps:
        assert world.waiting(service.section) == 0
        assert 1 <= service.came() <= 1 + early, service.came()
    else:
        assert service.came() >= 1
    told = told.partition(";")[0].rstrip(",")
    return f"{told}; came {service.came()} x" if service.keeps else f"{told}; reached by the next run"


class _Server(NamedTuple):
    """A server of the site: its port's name, the check that stands for it, and its settings to be met so."""

    port: str
    sentinel: str
    settings: Callable[[Where], dict[str, Any]]


def _database(where: Where) -> dict[str, Any]:
    ca = {"tls_ca": where.env["SSL_CERT_FILE"]} if where.env else {}
    return {"database": {"host": where.host, "port": where.port, **ca}}


SERVERS = {
    "web": _Server("https", "site_answers", lambda at: {"web": {"url": f"https://{at.host}:{at.port}"}}),
    "MariaDB": _Server("database", "database_answers", _database),
    "Redis": _Server(
        "queue",
        "redis_queue_answers",
        lambda at: {
            "redis": {
                "queue": f"redis{'s' if at.tls and at.host == 'localhost' else ''}://{at.host}:{at.port}"
            }
        },
    ),
}


def _fails(name: str, what: str) -> str:
    if what in DNS:
        return "dns_resolves"
    certificate = ", tls_certificate_valid" if name == "web" and what in (*TLS, "wrong protocol") else ""
    return f"{SERVERS[name].sentinel}{certificate}"


SITE = [
    Drill(
        f"{name}: {what}",
        f"{_fails(name, what)} fails; what depends on it is blocked, all else is ok; told once, and its end once",
        (name, what),
    )
    for name in SERVERS
    for what in TROUBLES
]


@drills(SITE)
def test_a_server_of_the_site(row, site, tmp_path):
    name, what = row.given
    server = SERVERS[name]
    with _met(name, what, site, tmp_path / "trouble") as where:
        site.settings(**server.settings(where))
        bad = site.run(deadline=DEADLINE, env=where.env, under=where.under)
    assert bad.status == 1, bad.text
    assert names(bad, "failing") == set(_fails(name, what).split(", ")), bad.text
    assert not names(bad, "unknown"), bad.text
    if what in DNS:  # what has another name, or none, is well
        assert SERVERS[name].sentinel in names(bad, "blocked") <= _dependent(bad), bad.text
    else:
        assert names(bad, "blocked") == _dependent(bad), bad.text
    assert {*site.fired()} <= names(bad, "failing")
    assert site.fired()
    site.settings()
    site.recovers()
    assert site.runs() == 4
    return f"{said(bad)}; {because(bad)}"


@contextlib.contextmanager
def _met(name: str, what: str, site: World, folder: Path) -> Iterator[Where]:
    """The server in its trouble; web and MariaDB have a certificate of their own, which is changed."""
    assert site.demo
    port = site.demo.port(SERVERS[name].port)
    if what not in TLS or name == "Redis":
        with trouble(what, port, folder) as where:
            yield where
        return
    tls = site.demo.folder / "tls"
    try:
        certificate(what, tls)
        _reload(name, site)
        yield Where(port, env=authority(tls))
    finally:
        certificates.issue(tls)
        _reload(name, site)


def _reload(name: str, site: World) -> None:
    assert site.demo
    if name == "web":
        site.demo.reload_certificate()
    else:
        with site.demo.root() as cursor:
            cursor.execute("FLUSH SSL")


def _dependent(outcome: Outcome) -> set[str]:
    """The checks that were observed in a run and that depend, however far away, on one that fails."""
    seen = {one.check: one for one in run_of(outcome).worst() if one.status != "skipped"}
    found, more = set(), names(outcome, "failing")
    while more:
        more = {id_ for id_, one in seen.items() if more & {*one.depends_on}} - found
        found |= more
    return found - names(outcome, "failing")
