"""`make audit`: what an installation of the suite brings along, and whether that is as it should be.

A line for each question: ok, WRONG or NOT KNOWN. What could not be asked is neither: pip-audit says "no known
vulnerabilities found" of packages that its service has never heard of. Exit status 0 all ok, 1 something is
wrong, 3 nothing is wrong but something is not known. Lists and the bill of materials: .cache/audit.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".cache" / "audit"
RUNTIME = FOLDER / "runtime"
BIN = Path(sys.executable).parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-demo.txt", "requirements-browser.txt")
SERVICES = ("pypi", "osv")
SECONDS = 300

OK, WRONG, NOT_KNOWN = "ok", "WRONG", "NOT KNOWN"


class Answer(NamedTuple):
    """What came of a question."""

    verdict: str
    text: str


class Pin(NamedTuple):
    """One entry of a locked file."""

    requirement: Requirement
    hashes: tuple[str, ...]
    via: frozenset[str]

    @property
    def exact(self) -> bool:
        """Whether it names one version, whose files are known by their hashes."""
        versions = [(one.operator, "*" in one.version) for one in self.requirement.specifier]
        return versions == [("==", False)] and bool(self.hashes)


def pins(text: str) -> list[Pin]:
    """The entries of a locked file, with what each is there for."""
    found = []
    for entry in re.findall(r"^[^\s#].*(?:\n[ \t]+.*)*", text, re.M):
        wanted = re.split(r"\s*\\?\n|\s+--hash", entry)[0]
        via = re.findall(r"^ +#(?: via)? +([^\s(]+)", entry.replace("# via\n", "#\n"), re.M)
        hashes = tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})(?!\S)", entry))
        found.append(Pin(Requirement(wanted), hashes, frozenset(via) - {"-c", "via"}))
    return found


def run(tool: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A tool's end; one that hangs ends as failed."""
    command = (str(BIN / tool) if (BIN / tool).exists() else tool, *words)
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"{tool}: no answer in {SECONDS} s")


def exact(texts: Mapping[str, str]) -> Answer:
    """Whether every entry of the locked files names one version and its hashes."""
    loose = [f"{one.requirement} ({name})" for name in texts for one in pins(texts[name]) if not one.exact]
    if loose:
        return Answer(WRONG, f"no exact version with hashes: {', '.join(loose)}")
    return Answer(OK, ", ".join(f"{name} {len(pins(text))} entries" for name, text in texts.items()))


def in_step() -> Answer:
    """Whether `make lock` would leave the locked files as they are."""
    again = FOLDER / "lock"
    again.mkdir(parents=True, exist_ok=True)
    for name in LOCKS:
        shutil.copyfile(ROOT / name, again / name)
    done = run("make", "-s", "lock", f"INTO={again}/")
    if done.returncode:
        impossible = "No solution found" in done.stderr and "network was disabled" not in done.stderr
        return Answer(
            WRONG if impossible else NOT_KNOWN,
            "pyproject.toml cannot be met" if impossible else "could not be made again; `make lock` says why",
        )
    differ = [name for name in LOCKS if (ROOT / name).read_bytes() != (again / name).read_bytes()]
    if differ:
        return Answer(WRONG, f"not what pyproject.toml gives: {', '.join(differ)}; make lock")
    return Answer(OK, "all are what pyproject.toml gives")


def declared() -> Answer:
    """Whether what is imported is declared, and what is declared imported."""
    done = run("deptry", ".", "--no-ansi")
    said = sorted(set(re.findall(r"DEP\d+ (.+)", done.stderr)))
    if done.returncode:
        return Answer(WRONG, "; ".join(said) or done.stderr.strip()[-300:])
    return Answer(OK, "each import is declared, each dependency is imported")


def vulnerabilities(ask: Callable[[str], str]) -> Answer:
    """What is known of the locked packages; `ask` gives pip-audit's document from a service."""
    missing: Sequence[str] = ()
    for service in SERVICES:
        try:
            packages = json.loads(ask(service))["dependencies"]
        except (ValueError, KeyError, TypeError):
            continue
        bad = [
            f"{one['name']} {one['version']} {hit['id']}" for one in packages for hit in one.get("vulns", ())
        ]
        missing = [one["name"] for one in packages if "skip_reason" in one]
        if bad:
            return Answer(WRONG, ", ".join(bad) + (f"; no data on {len(missing)} packages" * bool(missing)))
        if packages and not missing:
            return Answer(OK, f"none known in {len(packages)} packages (source: {service})")
    which = f"{len(missing)} packages: {', '.join(missing[:3])} ..." if missing else "any package"
    return Answer(NOT_KNOWN, f"no source of vulnerabilities that was reached has data on {which}")


def ask_service(service: str) -> str:
    """pip-audit's document."""
    words = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "-f", "json", "-s", service)
    return run("pip-audit", "-r", "requirements.txt", *words).stdout


def install() -> Answer:
    """An environment with what requirements.txt names and nothing else."""
    made = run("uv", "venv", "-q", "--allow-existing", "--python", sys.executable, str(RUNTIME))
    words = ("-q", "--python", str(RUNTIME), "--require-hashes", "requirements.txt")
    made = made if made.returncode else run("uv", "pip", "sync", *words)
    if "hash" in made.stderr.lower() and made.returncode:
        return Answer(WRONG, "requirements.txt: a file has not the hash that it should have")
    return Answer(NOT_KNOWN if made.returncode else OK, "requirements.txt could not be installed")


def licences(python: Path, path: Path, *words: str) -> Answer:
    """Whether each package of an environment has a licence that is allowed; `path` gets the list."""
    words = ("--python", str(python), "--with-system", *words)
    listed = run("pip-licenses", *words, "--allow-only=", "-f", "markdown")
    path.write_text(listed.stdout, encoding="utf-8")
    judged = run("pip-licenses", *words)
    if judged.returncode or listed.returncode:
        return Answer(WRONG, (judged.stderr or listed.stderr).strip()[-300:])
    return Answer(OK, f"{len(listed.stdout.splitlines()) - 2} packages: {_shown(path)}")


def bill(environment: Path, locked: Sequence[Pin], path: Path) -> Answer:
    """A CycloneDX bill of materials of an environment into `path`, the same for the same packages."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    words = ("--output-reproducible", "--no-validate", "--pyproject", "pyproject.toml", str(environment))
    made = run("cyclonedx-py", "environment", *words)
    if made.returncode:
        return Answer(WRONG, made.stderr.strip()[-300:])
    document = json.loads(made.stdout)
    only_needed(document, locked)
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error:
        return Answer(WRONG, f"not CycloneDX 1.6: {str(error)[:300]}")
    path.write_text(text, encoding="utf-8")
    return Answer(OK, f"CycloneDX 1.6, {len(document['components'])} components: {_shown(path)}")


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def only_needed(document: dict[str, Any], locked: Sequence[Pin]) -> None:
    """Take out of a bill what packages name for extras that nobody asked for (pytest, to test themselves)."""
    via = {canonicalize_name(one.requirement.name): one.via for one in locked}
    names = {one["bom-ref"]: canonicalize_name(one["name"]) for one in document["components"]}
    for node in document["dependencies"]:
        parent = names.get(node["ref"])
        if parent and "dependsOn" in node:
            node["dependsOn"] = [one for one in node["dependsOn"] if parent in via.get(names[one], ())]


def judge(questions: Mapping[str, Callable[[], Answer]]) -> int:
    """Ask, say what came of each, and give the exit status."""
    worst = OK
    for name, question in questions.items():
        answer = question()
        print(f"{name:18}{answer.verdict:11}{answer.text}", flush=True)
        worst = max(worst, answer.verdict, key=(OK, NOT_KNOWN, WRONG).index)
    return {OK: 0, WRONG: 1, NOT_KNOWN: 3}[worst]


def main() -> int:
    """All questions, of the runtime as requirements.txt installs it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in LOCKS}
    locked = pins(texts["requirements.txt"])
    there = install()
    return judge(
        {
            "exact and hashed": lambda: exact(texts),
            "in step": in_step,
            "declared": declared,
            "vulnerabilities": lambda: vulnerabilities(ask_service),
            "licences": lambda: (
                there if there.verdict != OK else licences(RUNTIME / "bin" / "python", FOLDER / "licences.md")
            ),
            "bill of materials": lambda: (
                there if there.verdict != OK else bill(RUNTIME, locked, FOLDER / "sbom.cdx.json")
            ),
        }
    )


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)  # which would show the tools other packages than the runtime's
    sys.exit(main())
