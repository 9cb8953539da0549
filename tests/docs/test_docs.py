"""The pages of docs/: what they say to type runs, what they link to is there, what is generated is in step."""

import hashlib
import os
import re
import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from demo import pulse
from fixtures import settings, sources
from fixtures.catalogue import declared
from pushgateway import reference
from reporters import publish
from tests.checks import shims
from tests.checks.test_runbook_commands import bash, simple  # noqa: F401 (a fixture)
from tests.conftest import ROOT

DOCS = ROOT / "docs"
OURS = {"index", "operations", "escalation", "troubleshooting", "architecture", "maintenance", "course"}
OURS |= {"solutions", "card", "migration", "scale", "dependencies", "supported"}
PAGES = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in sorted(OURS)}
STATE = "/var/lib/verenigingen-checks"
MAKES = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
TOOLS = {"install", "cp", "systemctl", "mariadb", "curl", "redis-cli", "grep", "sed", "ask", "fault"}
"""Programs, and the course's two functions, that `console` blocks use besides those of the runbook."""


class Fence(NamedTuple):
    """A block of a page, without its indent."""

    page: str
    language: str
    text: str

    def lines(self) -> Iterator[str]:
        """Its lines that are not empty."""
        yield from filter(None, map(str.strip, self.text.splitlines()))


def fences(*languages: str) -> list[Fence]:
    found = []
    for page, text in PAGES.items():
        for indent, language, body in re.findall(r"^( *)```(\w*)\n(.*?)^ *```", text, re.S | re.M):
            if not languages or language in languages:
                found.append(Fence(page, language, re.sub(rf"^{indent}", "", body, flags=re.M)))
    return found


def lines(*languages: str) -> list[tuple[str, str]]:
    return [(fence.page, line) for fence in fences(*languages) for line in fence.lines()]


def inline() -> list[tuple[str, str]]:
    """What stands in code type inside sentences."""
    return [
        (page, text)
        for page, whole in PAGES.items()
        for text in re.findall(
            r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^ *```.*?^ *```", "", whole, flags=re.S | re.M)
        )
    ]


def test_every_block_says_what_it_is():
    assert {fence.language for fence in fences()} <= {"sh", "console", "sql", "toml", "text"}


def test_pages_have_no_long_dashes_and_one_title():
    for page, text in PAGES.items():
        assert "\u2014" not in text, page
        assert "\u2013" not in text, page
        body = re.sub(r"^ *```.*?^ *```", "", text, flags=re.S | re.M)
        assert len(re.findall(r"^# ", body, re.M)) == 1, page
        assert "TODO" not in text, page


def test_what_looks_runs(bash, demo):  # noqa: F811
    """In a copy of the demo's bench, with the commands' stand-ins; runs of the suite are tried below."""
    folder = Path(bash("pwd >&2")[1].strip())
    state = os.path.relpath(demo.folder / "state", folder)
    commands = sorted({line for _, line in lines("sh") if not line.startswith("pytest")})
    assert len(commands) > 20
    for line in commands:
        for words in simple(line):
            assert shims.refusal(words) is None, line
    with ThreadPoolExecutor(2) as pool:
        ended = [*pool.map(bash, [line.replace(STATE, state) for line in commands])]
    failed = [
        (line, status, stderr)
        for line, (status, stderr) in zip(commands, ended, strict=True)
        if status and not (status == 1 and "grep" in line and not stderr.strip())
    ]
    assert not failed


def test_what_changes_is_known():
    for page, line in lines("console"):
        if line.startswith(("fault()", "ask()")):
            continue
        for words in simple(line):
            known = words[0] in {"make", "pytest", *TOOLS} or words[0].startswith(".venv/bin/")
            assert known or shims.refusal(words, changing=True) is None, (page, line)


def test_make_targets_exist():
    said = {
        word for text in PAGES.values() for word in re.findall(r"(?:`|^ *)make ([a-z][a-z-]*)", text, re.M)
    }
    said |= {line.split()[1] for _, line in lines("console") if line.startswith("make ")}
    assert said
    assert said <= MAKES


def runs() -> set[str]:
    """Every command line of the suite on any page."""
    told = [text for _, text in (*lines("sh", "console"), *inline())]
    found = {text.removeprefix(".venv/bin/") for text in told}
    return {text for text in found if text.startswith("pytest checks/")}


def test_options_exist_and_selections_name_checks(run_checks):
    names = set(declared())
    helped = run_checks("checks", "--help").text
    options = set(re.findall(r"(?<!\w)(--?[a-z][a-z-]*)", helped)) | {"-k", "-m"}
    for text in runs():
        words = shlex.split(text)
        given = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert given <= options, text
        for flag, value in pairwise(words):
            if flag == "-m":
                assert value == "smoke", text
            if flag == "-k" and value != "NAME":
                chosen = set(re.findall(r"\w+", value)) - {"and", "or", "not"}
                assert all(any(one in name for name in names) for one in chosen), text
            if flag == "--explain":
                assert value in names, text


def test_each_option_has_its_place(run_checks):
    """On a page for people: what only `--help` knows is found by nobody at night."""
    helped = run_checks("checks", "--help").text.partition("\nchecks:")[2].partition("\n\n")[0]
    options = set(re.findall(r"^  (--[a-z-]+)", helped, re.M))
    assert {"--publish", "--self-check", "--wait"} <= options
    told = "\n".join([*PAGES.values(), (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")])
    assert {option for option in options if not re.search(rf"{option}(?![a-z-])", told)} == set()


def test_runs_of_the_suite_run(run_checks, tmp_path):
    """Each line that looks; what it ends with is a judgement, never wrong usage."""
    shown = {line for _, line in lines("sh") if line.startswith("pytest")}
    chosen = [shlex.split(line)[3] for line in shown if " -k " in line]
    assert run_checks("checks", "-k", " or ".join(f"({one})" for one in chosen)).status in (0, 1)
    for line in shown:
        words = shlex.split(line)[2:]
        if words and words[0] != "-k" and words[:2] != ["-m", "smoke"]:
            assert run_checks("checks", *words).status in (0, 1), line


def test_queries_run_and_only_look(demo):
    with demo.root() as cursor:
        cursor.execute("SET @now = %s", (f"{pulse.site_now():%Y-%m-%d %H:%M:%S}",))
        for fence in fences("sql"):
            assert fence.text.startswith("SELECT"), fence
            assert "NOW()" not in fence.text.upper(), fence
            cursor.execute(fence.text)


def test_settings_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "from_folder", lambda _: {})
    monkeypatch.setattr(sources, "from_command", lambda _: {})
    ids = declared()
    for number, fence in enumerate(fences("toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(fence.text)
        document = settings.read(file, {})
        if "_file" not in fence.text:
            publish.check(document)
        for table in (document, *document.sites.values()):
            for name, override in table.checks.items():
                ids[name].overridden(override)


def test_every_page_is_linked_from_the_first():
    assert {f"{page}.md" for page in OURS - {"index"}} <= set(re.findall(r"\]\(([^)#]+)", PAGES["index"]))


def test_named_checks_exist():
    names = {*declared(), "index"}
    for page, text in PAGES.items():
        for name in re.findall(r"\[(\w+)\]\(\.\./runbook/\1\.md\)", text):
            assert name in names, (page, name)


def test_generated_references_are_in_step():
    for name, text in reference.render().items():
        assert (reference.FOLDER / name).read_text(encoding="utf-8") == text, "run `make generate`"


def test_a_setting_without_an_example_is_still_told():
    text = reference.settings()
    assert '| `offsite_marker` | text | `"/var/lib/offsite/last"` |' in text
    assert "must be given" in text


@pytest.mark.parametrize("source", sorted((DOCS / "diagrams").glob("*.dot")), ids=lambda path: path.stem)
def test_diagrams_are_rendered_from_their_source(source):
    kept = re.search(r"<!-- source (\w+) -->", source.with_suffix(".svg").read_text(encoding="utf-8"))
    assert kept, "run docs/diagrams/render.sh"
    assert kept[1] == hashlib.sha256(source.read_bytes()).hexdigest(), "run docs/diagrams/render.sh"
