"""The page "what is supported": each row says how it was tried, and what it names to type is there."""

import re
import shlex

import pytest

from demo.setup import PACKAGES
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "supported.md").read_text(encoding="utf-8")
HEAD = ["component", "version", "how", "command"]
TRIED = {"each landing", "target", "by hand"}
MAKES = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def rows():
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in TEXT.splitlines()
        if line.startswith("| ")
    ]
    return [row for row in cells if row != HEAD and set(row[0]) != {"-"}]


def commands():
    return sorted({row[3].strip("`") for row in rows() if row[2] in TRIED})


def test_each_row_says_how_and_with_what():
    assert len(rows()) > 40
    for row in rows():
        assert len(row) == 4, row
        assert row[2] in TRIED | {"read"}, row
        assert bool(row[3].strip("| ")) == (row[2] in TRIED), row


@pytest.mark.parametrize("command", commands())
def test_what_it_names_to_type_is_there(command):
    name, *words = shlex.split(command)
    if name == "make":
        assert words[0] in MAKES
        return
    assert name in {".venv/bin/python", ".venv/bin/pytest"}
    named = [word for word in words if "/" in word]
    assert named
    for path in named:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("row", [row for row in rows() if row[2] == "target"], ids=lambda row: row[0])
def test_a_target_is_no_part_of_each_landing(row):
    assert row[3].strip("`") != "make test"


def test_each_server_that_a_target_installs_has_a_row():
    told = TEXT.lower()
    packages = {package for target in ("demo", "browser", "test") for package in PACKAGES[target].values()}
    names = {
        re.sub(r"^prometheus-|-(?:light|server|server-core|client-core|sandbox)$", "", one)
        for one in packages
    }
    assert len(names) >= 7
    assert {name for name in names if name not in told and not name.startswith("fonts")} == set()


def test_the_oldest_python_is_the_one_that_is_declared():
    oldest = re.search(
        r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert f"| Python | {oldest[1]} | each landing |" in TEXT


def test_images_are_those_of_the_compose_file():
    compose = (ROOT / "pushgateway" / "compose.yaml").read_text(encoding="utf-8")
    for image, tag in re.findall(r"image: \w+/(\w+):v?(\d+\.\d+)", compose):
        assert re.search(
            rf"^\| {image}\b.* \| {tag}, as `pushgateway/compose.yaml` has it", TEXT, re.M | re.I
        ), image


def test_zabbix_is_that_of_the_template():
    text = (ROOT / "deploy" / "zabbix-template.yaml").read_text(encoding="utf-8")
    (told,) = re.findall(r"^  version: '([\d.]+)'", text, re.M)
    assert len(re.findall(rf"^\| Zabbix\b.* \| {told} \|", TEXT, re.M)) == 2
