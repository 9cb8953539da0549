"""Moments in the life of the real app, each in a database of its own, judged by the real checks at its own time.

The rows are Verenigingen's own, of weeks of simulated time: ../shared/realapp. Where they are not at hand, the
tests that need them say so. Checks on a table that the rows do not have are left out.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pymysql
from pymysql.constants import CLIENT

from demo import servers
from fixtures import clock
from fixtures.settings import read
from fixtures.site import Site, sites
from tests.checks.rowwise import judge

FOLDER = Path(__file__).parents[3] / "shared" / "realapp"
ZONE = "Europe/Amsterdam"


@dataclass(frozen=True)
class Moment:
    """One state of the site: its files in the order in which they are loaded, and its local time."""

    name: str
    files: tuple[Path, ...]
    at: datetime
    base: str = ""


def moments() -> list[Moment]:
    """The moments and the sick ones that are at hand, by truth.md and by each sick one's first line."""
    if not (FOLDER / "truth.md").is_file():
        return []
    truth = (FOLDER / "truth.md").read_text(encoding="utf-8")
    found: list[Moment] = []
    for name, at in re.findall(r"^\| (\d\d-[\w-]+) \| ([\d-]+ [\d:]+) \|", truth, re.M):
        found.append(Moment(name, (FOLDER / f"{name}.sql.gz",), datetime.fromisoformat(at)))
    for file in sorted((FOLDER / "sick").glob("*.sql")):
        with file.open(encoding="utf-8") as lines:
            base, at = re.match(r"-- base ([\w-]+) \| ([\d-]+ [\d:]+) \|", next(lines)).groups()  # type: ignore[union-attr]
        files = (FOLDER / f"{base}.sql.gz", file)
        found.append(Moment(f"sick/{file.stem}", files, datetime.fromisoformat(at), base))
    return found


class Life:
    """A MariaDB of its own, in which each moment is a database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = servers.free_ports(1)[0]
        self._server = servers.mariadb(folder / "mariadb", self.port, folder / "mariadb.log")

    def __enter__(self) -> Life:
        servers.start(self._server)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def load(self, moment: Moment) -> Site:
        """The site as it was."""
        name = re.sub(r"\W", "_", moment.name)
        client = pymysql.connect(
            host=servers.HOST,
            port=self.port,
            user="root",
            autocommit=True,
            client_flag=CLIENT.MULTI_STATEMENTS,
            ssl_disabled=True,
            max_allowed_packet=256 * 2**20,
        )
        with client, client.cursor() as cursor:
            cursor.execute(
                f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE `{name}`"
            )
            cursor.execute(
                "SET SESSION sql_mode = '', foreign_key_checks = 0, GLOBAL max_allowed_packet = 268435456"
            )
            for file in (FOLDER / "00-schema.sql.gz", *moment.files):
                text = (
                    gzip.decompress(file.read_bytes()).decode()
                    if file.suffix == ".gz"
                    else file.read_text(encoding="utf-8")
                )
                cursor.execute(re.sub(r"^(/\*M?!999999.*|--.*)$", "", text, flags=re.M))
                while cursor.nextset():
                    pass
        settings = self.folder / f"{name}.toml"
        settings.write_text(
            f'[sites."{name}"]\ntime_zone = "{ZONE}"\n[sites."{name}".database]\nhost = "{servers.HOST}"\nport = {self.port}\n'
            f'name = "{name}"\nuser = "root"\npassword = ""\n'
        )
        return sites(read(settings, {}))[0]


@contextmanager
def time_of(moment: Moment) -> Iterator[None]:
    """The suite's clock stands at the moment."""
    at = moment.at.replace(tzinfo=ZoneInfo(ZONE)).timestamp()
    with patch.object(clock, "now", lambda: at):
        yield


def verdict(life: Life, moment: Moment) -> tuple[dict[str, object], dict[str, str]]:
    """(failing check -> its value, unknown check -> why), without those whose table the rows do not have."""
    site = life.load(moment)
    with time_of(moment):
        failing, unknown = judge(site)
    return failing, {name: why for name, why in unknown.items() if "1146" not in why}
