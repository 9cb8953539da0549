"""`python -m demo`: start a demo site that stays up, break it, heal it, run the checks on it, end it."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.site import Demo

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("DEMO_DIR") or ROOT / ".demo")
CONTROL = FOLDER.with_name(f"{FOLDER.name}.control")
"""Where the supervisor listens: a name in the temporary folder, since socket paths must be short."""

START_SECONDS = 90
STOP_SECONDS = 8
USAGE = "usage: python -m demo demo | up | run [PYTEST ARGUMENTS] | break NAME | heal [NAME] | faults | down"


def main(arguments: list[str]) -> int:
    """The exit status of one command."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # pytest writes to it as well
    command, *rest = arguments or ["help"]
    if command == "demo":
        return demo(rest)
    if command == "up":
        return up()
    if command == "run":
        return run(["--publish", "--all-due", *rest])
    if command == "break" and len(rest) == 1:
        return break_(rest[0])
    if command == "heal" and len(rest) < 2:
        return ask("heal", *rest)
    if command == "down":
        return down()
    if command == "faults":
        return faults()
    if command == "supervise":
        return supervise()
    print(USAGE, file=sys.stderr)
    return 2


def demo(rest: list[str]) -> int:
    """The main job on the embedded default; with DEMO_STAY=0 it ends with the checks' status."""
    if (status := up()) != 0:
        return status
    status = run(["--publish", *rest])
    if os.environ.get("DEMO_STAY") == "0":
        down()
        return status
    tell()
    return 0


def up() -> int:
    """Start the supervisor and wait until the site is there."""
    if CONTROL.exists() and ask("ping") == 0:
        print(f"the demo is up already: {FOLDER}")
        return 0
    CONTROL.unlink(missing_ok=True)
    begun = time.monotonic()
    print(f"demo: starting the site in {FOLDER}")
    log = FOLDER.with_name(f"{FOLDER.name}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo", "supervise"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    with log.open(encoding="utf-8", errors="replace") as lines:
        last = ""
        while True:
            there, ended = CONTROL.exists(), process.poll() is not None
            for line in lines:
                last = line.rstrip() or last
                if line.startswith(("step ", "note: ")):
                    print(f"  {line.removeprefix('step ').rstrip()}")
            if there:
                break
            if ended or time.monotonic() - begun > START_SECONDS:
                print(f"the demo did not start: {last or 'no reason was given'}", file=sys.stderr)
                return 1
            time.sleep(0.05)
    print(f"demo: up after {time.monotonic() - begun:.0f} s")
    return 0


def tell() -> None:
    """Where things are, and what can be done next."""
    public = FOLDER / "state" / "public"
    urls = json.loads((FOLDER / "monitoring" / "urls.json").read_text(encoding="utf-8"))
    print(f"\nThe demo site stays up; its folder is {FOLDER}")
    for name, url in urls.items():
        print(f"  {name:<12} {url}")
    print(
        f"  status page  {public / 'status' / 'index.html'}\n"
        f"  health       {public / 'health.json'}\n"
        f"  metrics      {public / 'metrics.prom'}\n"
        "  make demo-break FAULT=name   inject a fault (make demo-break alone lists them)\n"
        "  make demo-run                run the checks again\n"
        "  make demo-heal               undo all faults\n"
        "  make demo-down               end it\n"
        "  .venv/bin/pytest checks/ -k sepa    any selection, as usual; nothing is published"
    )


def run(rest: list[str]) -> int:
    """Run the checks on the demo site."""
    settings = FOLDER / "checks.toml"
    if not settings.exists():
        return no_demo()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "checks/",
        "-p",
        "no:cacheprovider",
        "--settings",
        str(settings),
        *rest,
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def break_(name: str) -> int:
    """Inject a fault and say what must now fail."""
    from demo.faults import FAULTS

    if not name:
        return faults()
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "make demo-break lists them"
        print(f"no fault {name}; {hint}", file=sys.stderr)
        return 2
    if (status := ask("break", name)) != 0:
        return status
    fault = FAULTS[name]
    print(f"{name}: {fault.summary}")
    print(f"  must fail:            {' '.join(sorted(fault.fails)) or 'nothing'}")
    print(f"  cannot be observed:   {' '.join(sorted(fault.blocks)) or 'nothing'}")
    print("  make demo-run shows it")
    return 0


def faults() -> int:
    """All faults with what they do."""
    from demo.faults import FAULTS

    for name, fault in FAULTS.items():
        print(f"{name:<26} {fault.summary}"[:80])
    return 0


def no_demo() -> int:
    """One line."""
    print("no demo is up: start one with `make demo`", file=sys.stderr)
    return 2


def ask(*command: str) -> int:
    """Have the supervisor do something."""
    if not CONTROL.exists():
        return no_demo()
    try:
        with Client(CONTROL.read_text(encoding="utf-8").split()[0]) as connection:
            connection.send(command)
            if not connection.poll(60):
                print("the demo does not answer; try `make demo-down`", file=sys.stderr)
                return 1
            answer: str = connection.recv()
    except (OSError, EOFError):
        CONTROL.unlink(missing_ok=True)
        return no_demo()
    if answer:
        print(answer, file=sys.stderr)
    return int(bool(answer))


def down() -> int:
    """End the demo and all its processes, by force when its supervisor does not answer."""
    if not CONTROL.exists():
        return no_demo()
    address, owner = CONTROL.read_text(encoding="utf-8").split()
    try:
        with Client(
            address
        ) as connection:  # somebody listens, so the process is still the one that wrote this
            connection.send(("down",))
            if not connection.poll(STOP_SECONDS):
                os.kill(int(owner), signal.SIGKILL)  # its servers die with it
                shutil.rmtree(Path(address).parent, ignore_errors=True)
                shutil.rmtree(FOLDER, ignore_errors=True)
                CONTROL.unlink(missing_ok=True)
    except (OSError, EOFError):
        CONTROL.unlink(missing_ok=True)
        return no_demo()
    end = time.monotonic() + STOP_SECONDS
    while CONTROL.exists():
        if time.monotonic() > end:
            print(f"the demo does not end: stop process {owner}", file=sys.stderr)
            return 1
        time.sleep(0.05)
    return 0


def supervise() -> int:
    """Own a demo site until told to end, or for $DEMO_HOURS (12)."""
    from demo.servers import Missing
    from demo.site import Demo

    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda *_: sys.exit(0))
    signal.alarm(int(float(os.environ.get("DEMO_HOURS") or 12) * 3600))
    short = Path(tempfile.mkdtemp(prefix="demo-"))
    try:
        browser = os.environ.get("BROWSER", "") not in ("", "0")
        site = Demo(FOLDER, monitored=True, browser=browser, say=lambda line: print(line, flush=True))
        with site, Listener(str(short / "control")) as listener:
            CONTROL.write_text(f"{short / 'control'} {os.getpid()}", encoding="utf-8")
            while serve(site, listener):
                pass
    except (Missing, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(short, ignore_errors=True)
        CONTROL.unlink(missing_ok=True)
    return 0


def serve(site: Demo, listener: Listener) -> bool:
    """Obey one command; False when it was to end. A client that goes away, or says nothing, harms nobody."""
    with contextlib.suppress(OSError, EOFError), listener.accept() as connection:
        if not connection.poll(5):
            return True
        command, *names = connection.recv()
        answer = ""
        try:
            if command == "break":
                site.break_(names[0])
            elif command == "heal":
                site.heal(*names)
        except Exception as error:  # noqa: BLE001 (told to the one who asked)
            answer = f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError):
            connection.send(answer)
        return bool(command != "down")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
