"""What an installation brings along: the lock, its licences and its bill of materials, without a network."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import audit
from deploy.audit import NOT_KNOWN, OK, WRONG, Answer
from tests.conftest import ROOT

TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in audit.LOCKS}
PINS = audit.pins(TEXTS["requirements.txt"])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HASH = "--hash=sha256:" + "0" * 64
LOCKED = f"""\
one==1.0 \\
    {HASH} \\
    {HASH}
    # via our-own (pyproject.toml)
two==2.0 ; sys_platform == 'win32' \\
    {HASH}
    # via
    #   -c requirements.txt
    #   one
    #   our-own (pyproject.toml)
"""


def names(pins) -> set[str]:
    return {canonicalize_name(one.requirement.name) for one in pins}


def closure(wanted: list[str]) -> dict[str, str]:
    """Name -> version of what these requirements bring here, by what is installed."""
    found: dict[str, str] = {}
    waiting = [(Requirement(one), "") for one in wanted]
    seen = set()
    while waiting:
        one, extra = waiting.pop()
        name = canonicalize_name(one.name)
        if (one.marker and not one.marker.evaluate({"extra": extra})) or (name, *one.extras) in seen:
            continue
        seen.add((name, *one.extras))
        there = metadata.distribution(name)
        assert one.specifier.contains(there.version, prereleases=True), one
        found[name] = there.version
        waiting += [
            (Requirement(need), extra) for need in there.requires or () for extra in ("", *one.extras)
        ]
    return found


def test_an_entry_is_read_with_its_hashes_and_reasons():
    one, two = audit.pins(LOCKED)
    assert (str(one.requirement), len(one.hashes), one.via) == ("one==1.0", 2, {"our-own"})
    assert two.requirement.name == "two"
    assert str(two.requirement.marker) == 'sys_platform == "win32"'
    assert two.via == {"one", "our-own"}
    assert audit.exact({"it": LOCKED}).verdict == OK


@pytest.mark.parametrize(
    "loose",
    [
        "three==3.0\n",
        f"three>=3.0 {HASH}\n",
        f"three==3.* {HASH}\n",
        f"three {HASH}\n",
        "three==3.0 --hash=sha256:abc\n",
        f"three==3.0,!=3.1 {HASH}\n",
    ],
)
def test_an_entry_that_leaves_a_choice_is_named(loose):
    answer = audit.exact({"it": LOCKED + loose})
    assert answer.verdict == WRONG
    assert "three" in answer.text
    assert "1.0" not in answer.text


def test_the_lock_is_exact_and_hashed():
    assert audit.exact(TEXTS).verdict == OK
    for name, text in TEXTS.items():
        assert len(audit.pins(text)) == len(re.findall(r"^[a-z]", text, re.M)), name
        assert "://" not in text, name


@pytest.mark.parametrize(
    ("status", "said", "line", "verdict"),
    [
        (0, "", "", OK),
        (0, "", "four==4.0\n", WRONG),
        (2, "x No solution found when resolving dependencies", "", WRONG),
        (2, "x No solution found ... because the network was disabled", "", NOT_KNOWN),
        (2, "error: Failed to fetch", "", NOT_KNOWN),
    ],
)
def test_a_lock_that_would_change_is_out_of_step(monkeypatch, tmp_path, status, said, line, verdict):
    def make(tool, *words):
        with (tmp_path / "lock" / "requirements.txt").open("a", encoding="utf-8") as file:
            file.write(line)
        return subprocess.CompletedProcess((), status, "", said)

    monkeypatch.setattr(audit, "FOLDER", tmp_path)
    monkeypatch.setattr(audit, "run", make)
    answer = audit.in_step()
    assert answer.verdict == verdict
    assert ("requirements.txt;" in answer.text) == bool(line)


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (0, "", OK),
        (1, "error: Hash mismatch for `one==1.0`", WRONG),
        (2, "error: Failed to fetch", NOT_KNOWN),
    ],
)
def test_a_file_with_another_hash_is_wrong(monkeypatch, status, said, verdict):
    def uv(tool, *words):
        return subprocess.CompletedProcess((), status * ("sync" in words), "", said)

    monkeypatch.setattr(audit, "run", uv)
    assert audit.install().verdict == verdict


def test_the_lock_is_what_the_project_asks_for():
    here = {
        canonicalize_name(one.requirement.name): next(iter(one.requirement.specifier)).version
        for one in PINS
        if one.requirement.marker is None or one.requirement.marker.evaluate()
    }
    assert here == closure(PROJECT["dependencies"])
    direct = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
    assert names(one for one in PINS if PROJECT["name"] in one.via) == direct


def test_tools_are_locked_to_what_is_installed():
    dev = {str(one.requirement): one for one in audit.pins(TEXTS["requirements-dev.txt"])}
    for one in PINS:
        assert dev[str(one.requirement)].hashes == one.hashes
    extras = PROJECT["optional-dependencies"]
    wanted = [one for extra in extras.values() for one in extra if not one.startswith(PROJECT["name"])]
    assert closure(wanted).keys() <= names(dev.values())


def test_imports_are_declared_and_dependencies_imported():
    assert audit.declared().verdict == OK, audit.declared().text


def test_the_page_tells_each_package_and_through_what():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    own, others = page.split("\n## ")[1:]
    rows = re.compile(r"^\| ([a-z][a-z0-9-]*) \| ([^|]+) \| ([^|]+) \|$", re.M)
    direct, brought = rows.findall(own), rows.findall(others)
    through: dict[str, set[str]] = {}
    for one in PINS:
        through.setdefault(one.requirement.name, set()).update(one.via)
    assert [name for name, *_ in direct if name != "package"] == sorted(
        name for name, via in through.items() if PROJECT["name"] in via
    )
    assert [(name, set(via.split(", "))) for name, via, _ in brought if name != "package"] == sorted(
        (name, via) for name, via in through.items() if PROJECT["name"] not in via
    )


def document(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


KNOWN = {"name": "one", "version": "1.0", "vulns": []}
BAD = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "three", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("pypi", "osv", "verdict", "words"),
    [
        (document(KNOWN), "", OK, "none known in 1 packages (source: pypi)"),
        (document(BAD), document(KNOWN), WRONG, "two 2.0 PYSEC-1"),
        (document(BAD, SKIPPED), "", WRONG, "no data on 1"),
        (document(KNOWN, SKIPPED), "", NOT_KNOWN, "three"),
        (document(SKIPPED), document(KNOWN), OK, "source: osv"),
        (document(SKIPPED), document(BAD), WRONG, "PYSEC-1"),
        (document(SKIPPED), "", NOT_KNOWN, "three"),
        (document(), document(), NOT_KNOWN, "any package"),
        ("", "", NOT_KNOWN, "any package"),
        ("Traceback", "[]", NOT_KNOWN, "any package"),
    ],
)
def test_what_has_no_data_is_neither_safe_nor_vulnerable(pypi, osv, verdict, words):
    answer = audit.vulnerabilities({"pypi": pypi, "osv": osv}.__getitem__)
    assert answer.verdict == verdict
    assert words in answer.text


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ((OK, OK), 0),
        ((OK, NOT_KNOWN), 3),
        ((NOT_KNOWN, OK), 3),
        ((NOT_KNOWN, WRONG), 1),
        ((WRONG, NOT_KNOWN), 1),
    ],
)
def test_each_end_has_its_exit_status(capsys, verdicts, status):
    questions = {f"question {n}": lambda one=one: Answer(one, "why") for n, one in enumerate(verdicts)}
    assert audit.judge(questions) == status
    lines = capsys.readouterr().out.splitlines()
    for line, verdict in zip(lines, verdicts, strict=True):
        assert re.fullmatch(rf"question \d +{verdict} +why", line)


def test_licences_are_those_that_are_allowed(tmp_path):
    python = Path(sys.executable)
    only = sorted(names(PINS))
    answer = audit.licences(python, tmp_path / "list.md", "-p", *only)
    assert answer.verdict == OK, answer.text
    assert "| msgspec " in (tmp_path / "list.md").read_text(encoding="utf-8")
    refused = audit.licences(python, tmp_path / "list.md", "-p", *only, "--allow-only=MIT")
    assert refused.verdict == WRONG
    assert "not in allow-only" in refused.text
    assert "| msgspec " in (tmp_path / "list.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """An environment of a few packages, by what is known of them here."""
    folder = tmp_path_factory.mktemp("few")
    venv.create(folder, symlinks=True)
    (own,) = (folder / "lib").glob("python*/site-packages")
    for name in ("requests", "certifi", "charset-normalizer", "idna", "urllib3", "msgspec", "pytest"):
        files = metadata.distribution(name).files or ()
        (at,) = {Path(one.locate()).parent for one in files if one.name == "METADATA"}
        shutil.copytree(at, own / at.name)
    return folder


def test_the_bill_of_materials_is_valid_and_the_same_again(few, tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    found = []
    for name in ("one", "two"):
        answer = audit.bill(few, PINS, tmp_path / name)
        assert answer.verdict == OK, answer.text
        found.append((tmp_path / name).read_text(encoding="utf-8"))
    assert found[0] == found[1]
    assert str(few) not in found[0]
    assert str(ROOT) not in found[0]
    bill = json.loads(found[0])
    assert bill["metadata"]["component"]["name"] == PROJECT["name"]
    assert len(bill["components"]) == 7
    edges = {
        one["ref"].partition("==")[0]: {to.partition("==")[0] for to in one.get("dependsOn", ())}
        for one in bill["dependencies"]
    }
    assert edges["requests"] == {"certifi", "charset-normalizer", "idna", "urllib3"}
    assert edges["idna"] == set()  # it names pytest, for its own developers
    assert edges["root-component"] == {"idna", "msgspec", "pytest", "requests", "urllib3"}


def test_a_bill_that_the_schema_refuses_is_not_written(few, tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "only_needed", lambda document, locked: document.update(bomFormat="other"))
    answer = audit.bill(few, PINS, tmp_path / "bill")
    assert answer.verdict == WRONG
    assert "CycloneDX 1.6" in answer.text
    assert not (tmp_path / "bill").exists()
