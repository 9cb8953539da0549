"""The course's faults are there, are found by their number, and fail what the solutions say."""

import re
import subprocess

import pytest

from demo.faults import FAULTS
from demo.faults_web import JOURNEYS
from tests.conftest import ROOT

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("course", "solutions")}


def exercises() -> dict[str, tuple[list[str], set[str], str]]:
    """Number -> its faults, the checks that the solution says fail, and what it says is blocked."""
    found = {}
    for part in re.split(r"^## ", PAGES["solutions"], flags=re.M)[1:]:
        number, _, names = part.splitlines()[0].partition(". ")
        told = re.search(r"^Fails: (.+?)\. Blocked: (.+?)\.$", part, re.M)
        assert told, number
        found[number] = (names.split(), set(re.findall(r"`(\w+)`", told[1])), told[2])
    return found


def test_the_course_has_a_solution_for_each_exercise():
    asked = re.findall(r"^## Exercise (\d+)$", PAGES["course"], re.M)
    assert asked == [*exercises()] == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize("number", [*exercises()])
def test_a_fault_of_the_course_is_found_by_its_number(number):
    """By the line that the course gives to the shell."""
    line = re.search(r"^fault\(\) .*$", PAGES["course"], re.M)[0]
    command = re.search(r"\$\((sed .*?solutions\.md)\)", line)[1].replace("$1", number)
    found = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == exercises()[number][0]
    assert set(found.stdout.split()) <= set(FAULTS)


@pytest.mark.parametrize("number", [*exercises()])
def test_a_fault_of_the_course_fails_what_its_solution_says(number, demo, run_checks):
    names, fails, blocked = exercises()[number]
    assert fails == set().union(*(FAULTS[name].fails for name in names))
    told = set(re.findall(r"`(\w+)`", blocked))
    assert not told or told == set().union(*(FAULTS[name].blocks for name in names))
    try:
        for name in names:
            demo.break_(name)
        seen = run_checks("checks")
    finally:
        demo.heal()
    assert seen.checks("failed") == fails
    if blocked == "nothing":
        assert not seen.checks("error")
    elif "`" in blocked:
        # `make demo` has a browser, this one has none.
        assert seen.checks("error") == told - set(JOURNEYS.split())
    else:
        assert len(seen.checks("error")) == pytest.approx(int(re.search(r"\d+", blocked)[0]), abs=15)
