"""One demo site: its servers, its bench folder, its settings file, and the faults that are in it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql
import redis
from mirakuru import TCPExecutor

from demo import certificates, past, pulse, seed, seed_rest, servers, settings
from demo.monitoring import Monitoring
from demo.settings import Overrides
from demo.web import SITE

NAME = "_demo"
PASSWORD = "demo-only"
GRANTS = Path(__file__).parents[1] / "deploy" / "grants.sql"
NO_SUCH_TABLE, NO_SUCH_COLUMN = 1146, 1054
"""Errors of MariaDB: a new check may read what demo/schema.sql does not have yet."""

SERVERS = ("database", "cache", "queue", "https", "http", "pulse", "replica")


class Demo:
    """A demo site below one folder; use it as a context manager, or start and stop it."""

    def __init__(
        self,
        folder: Path,
        *,
        monitored: bool = False,
        browser: bool = False,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        self.folder = folder.resolve()
        self.say = say
        """Called with the name of each step of a start, and with what the demo lacks."""
        self.monitoring = Monitoring(self.folder / "monitoring") if monitored else None
        self.browser = browser
        """Whether journeys are walked: each run with them takes some seconds more."""
        self.bench = self.folder / "bench"
        self.settings = self.folder / "checks.toml"
        self.active: dict[str, Overrides] = {}
        self.held: list[Any] = []
        self._at = ""
        self._told: dict[str, dict[str, Any]] = {}
        self._ports = dict(zip(SERVERS, servers.free_ports(len(SERVERS)), strict=True))
        self._running: dict[str, TCPExecutor] = {}

    def __enter__(self) -> Demo:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make everything anew and start it; returns when the site is up and alive."""
        if self.folder.exists():
            # It will be removed: it must be empty, or an earlier demo's.
            if any(self.folder.iterdir()) and not (self.folder / "bench" / "sites" / SITE).is_dir():
                raise FileExistsError(f"{self.folder} holds something else than a demo")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, mode=0o700)
        try:
            self.say("step 1/4 bench folder and certificates")
            self._folders()
            self.say(f"step 2/4 MariaDB with {seed.MEMBERS} members")
            self._database()
            self.say("step 3/4 Redis, web server, scheduler and workers")
            for name, policy in (("cache", "allkeys-lru"), ("queue", "noeviction")):
                self.run(name, servers.redis(self.folder / name, self.port(name), policy, self._log(name)))
            pulse.Pulse(self.folder).beat()
            self.run(
                "web", servers.module("demo.web", self.port("https"), self._log("web"), str(self.folder))
            )
            self.start_pulse()
            if self.monitoring:
                self.say("step 4/4 Pushgateway, Prometheus and Alertmanager")
                self.monitoring.start()
            self.write_settings()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill every process and remove the folder."""
        if self.monitoring:
            self.monitoring.stop()
        for name in reversed([*self._running]):
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def port(self, name: str) -> int:
        """The port of `database`, `cache`, `queue`, `https`, `http` or `pulse`."""
        return self._ports[name]

    def _log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def run(self, name: str, executor: TCPExecutor) -> None:
        """Start a server under a name."""
        self._running[name] = executor
        servers.start(executor)

    def start_pulse(self) -> None:
        """Start the process that plays scheduler and workers."""
        arguments = (str(self.folder), str(self.port("pulse")))
        self.run("pulse", servers.module("demo.pulse", self.port("pulse"), self._log("pulse"), *arguments))

    def start_again(self, name: str) -> None:
        """Start a server that was killed, with what it had on disk."""
        servers.start(self._running[name])
        if name == "database":  # a kill now and then leaves its one MyISAM table crashed
            with self.root() as cursor:
                cursor.execute(f"REPAIR TABLE `{NAME}`.`tabError Log`")

    def kill(self, name: str) -> None:
        """End one of the processes `database`, `cache`, `queue`, `web` or `pulse` at once."""
        with contextlib.suppress(Exception):  # it may be gone already
            self._running[name].stop()

    def signal(self, name: str, number: int) -> None:
        """Send a signal: SIGSTOP makes a server that accepts and never answers."""
        process = self._running[name].process
        assert process is not None
        os.kill(process.pid, number)

    def _folders(self) -> None:
        site = self.bench / "sites" / SITE
        (site / "private" / "backups").mkdir(parents=True)
        for name in ("log", "tls", "state", "bench/logs", "bench/config"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        common = {
            "background_workers": 1,
            "db_host": servers.HOST,
            "db_port": self.port("database"),
            "default_site": SITE,
            "redis_cache": f"redis://{servers.HOST}:{self.port('cache')}",
            "redis_queue": f"redis://{servers.HOST}:{self.port('queue')}",
            "socketio_port": 9000,
            "webserver_port": 8000,
        }
        (self.bench / "sites" / "common_site_config.json").write_text(json.dumps(common, indent=1))
        (self.bench / "sites" / "apps.txt").write_text("frappe\nerpnext\nverenigingen\n")
        _apps(self.bench)
        self.set_config(
            db_name=NAME, db_password=PASSWORD, db_type="mariadb", maintenance_mode=0, pause_scheduler=False
        )
        account = {
            "host": servers.HOST,
            "port": self.port("database"),
            "user": NAME,
            "password": PASSWORD,
            "database": NAME,
            "ssl_disabled": True,
        }
        for file, ports in (("web.json", ("https", "http")), ("pulse.json", ())):
            facts = {name: self.port(name) for name in ports} | {
                "database": account,
                "queue_port": self.port("queue"),
            }
            (self.folder / file).write_text(json.dumps(facts))
        (self.folder / "checks-password").touch(mode=0o600)
        (self.folder / "checks-password").write_text(f"{PASSWORD}-checks\n")
        (self.folder / "offsite-marker").touch()
        past.write(self.folder / "state")
        certificates.make(self.folder / "tls")

    @property
    def site_config(self) -> Path:
        """The site's own config."""
        return self.bench / "sites" / SITE / "site_config.json"

    def set_config(self, *, common: bool = False, **values: Any) -> None:
        """Change keys of site_config.json, or of the bench's common one."""
        path = self.bench / "sites" / "common_site_config.json" if common else self.site_config
        content = json.loads(path.read_text()) if path.exists() else {}
        _write(path, json.dumps(content | values, indent=1))

    def behave(self, **told: Any) -> None:
        """Tell the web front how to misbehave for the fault that is being made, or undone."""
        self._told.pop(self._at, None)
        if told:
            self._told[self._at] = told
        merged: dict[str, Any] = {}
        for one in self._told.values():
            for key, value in one.items():
                merged[key] = merged.get(key, {}) | value if isinstance(value, dict) else value
        _write(self.folder / "behaviour.json", json.dumps(merged))

    def _database(self) -> None:
        data = self.folder / "mariadb"
        certificate = self.folder / "tls" / "site.pem"
        authority = certificate.with_name("ca.pem")
        tls = (f"--ssl-ca={authority}", f"--ssl-cert={certificate}", f"--ssl-key={certificate}")
        self.run("database", servers.mariadb(data, self.port("database"), self._log("database"), *tls))
        with self.root() as cursor:
            cursor.execute(f"CREATE DATABASE `{NAME}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
            for user, password in ((NAME, PASSWORD), ("checks", f"{PASSWORD}-checks")):
                cursor.execute(f"CREATE USER '{user}'@'%%' IDENTIFIED BY %s", (password,))
            cursor.execute(f"GRANT ALL ON `{NAME}`.* TO '{NAME}'@'%'")
            cursor.execute(f"USE `{NAME}`")
            schema = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
            for statement in filter(None, (part.strip() for part in schema.split(";\n"))):
                cursor.execute(statement)
        self.fill(time.time())
        with self.root() as cursor:
            # As on a real site: the account may read the columns that the statements name, and no more.
            for statement in GRANTS.read_text(encoding="utf-8").splitlines():
                if statement.startswith("GRANT"):
                    told = statement.replace("DBNAME", NAME).replace("'localhost'", "'%'")
                    try:
                        cursor.execute(told.rstrip(";"))
                    except pymysql.MySQLError as error:
                        if error.args[0] not in (NO_SUCH_TABLE, NO_SUCH_COLUMN):
                            raise
                        self.say(f"note: demo/schema.sql lacks what a check reads: {error.args[1]}")

    def fill(self, at: float, members: int = seed.MEMBERS) -> None:
        """Have the rows of a moment, in epoch seconds, instead of those that are there."""
        file = self.folder / "rows.tsv"
        with self.root() as cursor:
            for table in seed.tables(at, members):
                seed.write(table, file)
                columns = ", ".join(table.columns)
                cursor.execute(f"TRUNCATE `{table.name}`")
                cursor.execute(
                    f"LOAD DATA INFILE %s INTO TABLE `{table.name}` CHARACTER SET utf8mb4 ({columns})",
                    (str(file),),
                )
        file.unlink()

    @contextlib.contextmanager
    def root(self, seconds: int = 30) -> Iterator[Any]:
        """A cursor of the administrator, in the site's schema once it is there; it waits so long."""
        port = self.port("database")
        client = pymysql.connect(
            host=servers.HOST,
            port=port,
            user="root",
            autocommit=True,
            read_timeout=seconds,
            ssl_disabled=True,
        )
        try:
            with client.cursor() as cursor:
                with contextlib.suppress(pymysql.MySQLError):
                    cursor.execute(f"USE `{NAME}`")
                yield cursor
        finally:
            client.close()

    def redis(self, name: str) -> redis.Redis:
        """A client of `cache` or `queue`."""
        return redis.Redis(host=servers.HOST, port=self.port(name), decode_responses=True)

    def set_idle(self, part: str, *, idle: bool) -> None:
        """Let a part of the pulse stand still, or go on."""
        with pulse.holding(self.folder):
            parts = pulse.read_idle(self.folder)
            _write(self.folder / "idle", " ".join(parts | {part} if idle else parts - {part}))

    def beat(self) -> None:
        """Be alive now, and not only at the next beat."""
        pulse.Pulse(self.folder).beat()

    def write_settings(self) -> None:
        """checks.toml: the demo's own, and what the active faults change."""
        _write(self.settings, settings.render(self))

    def break_(self, name: str) -> None:
        """Inject a fault by its name; KeyError for none of that name."""
        from demo.faults import FAULTS

        fault = FAULTS[name]
        if name in self.active:
            return
        self._at = name
        self.active[name] = fault.settings(self) if callable(fault.settings) else fault.settings
        fault.inject(self)
        self.write_settings()

    def heal(self, name: str | None = None) -> None:
        """Undo one fault, or all that are active."""
        from demo.faults import FAULTS

        for one in [name] if name else [*self.active]:
            self._at = one
            FAULTS[one].heal(self)
            self.active.pop(one, None)
        self.write_settings()

    @contextlib.contextmanager
    def broken(self, name: str) -> Iterator[None]:
        """A fault for as long as the block lasts."""
        self.break_(name)
        try:
            yield
        finally:
            self.heal(name)

    def reload_certificate(self) -> None:
        """Let the web front take its certificate anew; returns when it shows it."""
        self.signal("web", signal.SIGHUP)
        text = (self.folder / "tls" / "site.pem").read_text(encoding="ascii")
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        wanted = ssl.PEM_cert_to_DER_cert(begin + text.partition(begin)[2].partition(end)[0] + end)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                shown = ssl.get_server_certificate((servers.HOST, self.port("https")), timeout=5)
                if ssl.PEM_cert_to_DER_cert(shown) == wanted:
                    return
            time.sleep(0.05)
        raise TimeoutError("the web front does not take its certificate")


def _apps(bench: Path) -> None:
    """The apps' code, as far as checks read it, ten days old."""
    at = time.time() - 10 * 86400
    for app, version in seed_rest.APPS.items():
        folder = bench / "apps" / app / app
        folder.mkdir(parents=True)
        hooks = {"daily": list(seed.MONEY_JOBS)} if app == "verenigingen" else {}
        texts = {
            "__init__.py": f'__version__ = "{version}"\n',
            "hooks.py": f"scheduler_events = {hooks!r}\n",
            "patches.txt": "[post_model_sync]\n" + "\n".join(seed_rest.patches(app)) + "\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
            os.utime(folder / name, (at, at))
    (bench / "logs" / "web.error.log").write_text(
        f"[{time.strftime('%Y-%m-%d %H:%M:%S +0000', time.gmtime(at))}] [1] [INFO] Listening\n"
    )


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
