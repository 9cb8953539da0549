"""What `make demo` and `make test` need: system packages, a virtual environment, the locked Python packages.

Run by setup.sh with the system's Python, before anything is installed: the standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

PACKAGES = {
    "demo": {
        "mariadbd": "mariadb-server-core",
        "mariadb-install-db": "mariadb-server-core",
        "my_print_defaults": "mariadb-client-core",
        "redis-server": "redis-server",
        "prometheus-pushgateway": "prometheus-pushgateway",
        "prometheus": "prometheus",
        "promtool": "prometheus",
        "prometheus-alertmanager": "prometheus-alertmanager",
        "amtool": "prometheus-alertmanager",
    },
    "browser": {
        "chromium": "chromium",
        "/usr/lib/chromium/chrome-sandbox": "chromium-sandbox",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf": "fonts-dejavu-core",
    },
    "test": {"nginx": "nginx-light"},
    "bench": {
        "/usr/lib/nagios/plugins/check_mysql_query": "monitoring-plugins-standard",
        "prometheus-sql-exporter": "prometheus-sql-exporter",
        "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    },
}
"""What a target runs -> the Debian package that brings it."""

TARGETS = {
    "demo": ("demo",),
    "browser": ("demo", "browser"),
    "test": ("demo", "browser", "test"),
    "bench": ("demo", "browser", "test", "bench"),
}
"""Target -> the groups of packages that it needs; the targets of these names are ready with it."""

LOCKS = {
    "demo": "requirements-demo.txt",
    "browser": "requirements-browser.txt",
    "test": "requirements-dev.txt",
}


USAGE = "usage: setup.sh demo|browser|test, or setup.sh packages demo|browser|test|bench"


def main(arguments: list[str]) -> int:
    """The exit status; everything is said on standard output, a failure on standard error."""
    only_packages = arguments[:1] == ["packages"]
    target = arguments[-1] if arguments else ""
    if target not in TARGETS or len(arguments) != 1 + only_packages or (target == "bench") > only_packages:
        print(USAGE, file=sys.stderr)
        return 2
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    begun = time.monotonic()
    try:
        packages(missing(target))
        if not only_packages:
            environment(target)
    except Failed as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the next call goes on from here", file=sys.stderr)
        return 130
    if not only_packages:
        print(f"setup: ready after {time.monotonic() - begun:.0f} s; {size(VENV)} in .venv")
    return 0


class Failed(Exception):
    """A step that could not be done; its text is one line, or a few of what a program said."""


def missing(target: str) -> list[str]:
    """The Debian packages that are not there, in the order of their names."""
    where = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    wanted = {name: package for group in TARGETS[target] for name, package in PACKAGES[group].items()}
    found = {package for name, package in wanted.items() if not shutil.which(name, os.F_OK, where)}
    try:
        import ensurepip  # noqa: F401 (Debian has it in a package of its own)
        import venv  # noqa: F401
    except ImportError:
        found.add("python3-venv")
    return sorted(found)


def packages(names: list[str]) -> None:
    """Install system packages, as root or by sudo; Failed with the command where neither is allowed."""
    if not names:
        return
    script = str(ROOT / "demo" / "packages.sh")
    command = ["sh", script, *names]
    if os.geteuid() != 0:
        command = ["sudo", *command]
    if not shutil.which("apt-get"):
        raise Failed(f"please install what Debian has as: {' '.join(names)}")
    if os.geteuid() != 0 and not _may_sudo():
        raise Failed(f"system packages are missing; run this, then call make again:\n  {' '.join(command)}")
    print(f"setup: system packages: {' '.join(names)}")
    bar = Bar()
    total = 0
    for line in said(command, bar):
        if "newly installed" in line:
            total = 3 * int(re.findall(r"(\d+) newly installed", line)[0])
        elif found := re.match(r"Need to get (.+?) of archives", line):
            bar.note(f"{found[1]} to download")
        elif found := re.match(r"After this operation, (.+?) of additional", line):
            bar.note(f"{found[1]} on disk")
        elif re.match(r"Get:\d+ .*\[|Unpacking |Setting up ", line) and total:
            bar.step(total)
    bar.end()


def _may_sudo() -> bool:
    sudo = shutil.which("sudo")
    return sudo is not None and _works([sudo, "-n", "true"])


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def environment(target: str) -> None:
    """The virtual environment with what the target's lock file names."""
    if not PYTHON.exists() or not _works([str(PYTHON), "-c", ""]):
        print("setup: virtual environment: .venv")
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            raise Failed(last(made.stdout + made.stderr))
    lock = ROOT / LOCKS[target]
    names = locked(lock.read_text(encoding="utf-8"))
    print(f"setup: Python packages: {len(names)} of {lock.name}")
    bar = Bar()
    # Not compiled: most modules are never imported, and the first run compiles those that are.
    options = ["--no-compile", "--disable-pip-version-check", "--no-color", "--progress-bar=off"]
    command = [str(PYTHON), "-m", "pip", "install", *options, "--require-hashes", "-r", str(lock)]
    megabytes = 0.0
    for line in said(command, bar):
        if line.startswith(("Collecting ", "Requirement already")):
            bar.step(len(names))
        elif found := re.match(r"\s*(?:Downloading|Using cached) .*\((\d+\.?\d*) (kB|MB)\)", line):
            megabytes += float(found[1]) * (1 if found[2] == "MB" else 0.001)
        elif line.startswith("Installing collected"):
            bar.note(f"{megabytes:.0f} MB fetched, installing")
    bar.end()
    for one in TARGETS[target]:
        (VENV / f"ready-{one}").touch()  # what the Makefile looks at


def locked(text: str) -> set[str]:
    """The packages of a lock file that an installation on this system takes."""
    entries = re.findall(r"^([\w.-]+)==([^\s;]+)(?: ; (.*?))?\s*\\?$", text, re.M)
    return {name for name, _, marker in entries if "win32" not in marker and "emscripten" not in marker}


def said(command: list[str], bar: Bar) -> Iterator[str]:
    """The lines that a program says while it works; Failed with its last lines when it fails."""
    kept: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            kept = [*kept[-200:], line]
            yield line.rstrip()
    if process.returncode:
        bar.end()
        raise Failed(f"{' '.join(command[:4])} ... failed:\n{last(''.join(kept))}")


def last(text: str) -> str:
    """The last lines of what a program said."""
    return "\n".join(text.strip().splitlines()[-12:]) or "no reason was given"


def size(folder: Path) -> str:
    """What a folder holds, in MB."""
    found = sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink())
    return f"{found / 1e6:.0f} MB"


class Bar:
    """A count in one line: rewritten on a terminal; in a log, a line at each quarter."""

    def __init__(self) -> None:
        self._done, self._shown = 0, 0
        self._rewrites = sys.stdout.isatty()
        self._notes: list[str] = []
        self._begun = time.monotonic()

    def note(self, text: str) -> None:
        """Something to know about this step."""
        self._notes.append(text)
        if not self._rewrites:
            print(f"  {text}")

    def step(self, total: int) -> None:
        """One more is done."""
        self._done = min(self._done + 1, total)
        share = 100 * self._done // max(total, 1)
        if self._rewrites:
            filled = "#" * (share // 5)
            line = f"  [{filled:<20}] {share:3} %  {', '.join(self._notes)}"[:79]
            print(f"\r{line:<79}", end="", flush=True)
        elif share // 25 > self._shown:
            self._shown = share // 25
            print(f"  {25 * self._shown} %")

    def end(self) -> None:
        """The step is over."""
        if self._rewrites and self._done:
            print(f"\r  {', '.join([*self._notes, f'{time.monotonic() - self._begun:.0f} s'])}".ljust(80))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
