"""The meaning of the checks of money and members, told as small stories on rows as the app writes them.

Each says what the checks must tell, by value and by severity, and that no other check changes what it says.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.checks import (
    stories_batches,
    stories_books,
    stories_dues,
    stories_jobs,
    stories_mandates,
    stories_members,
)
from tests.checks.association_dates import COLLECTION_DAY, DAY_BEFORE, MONTH_LATER, TWO_WEEKS_LATER
from tests.checks.stage import JUDGED, Stage, Verdict

SUBJECTS = (stories_batches, stories_mandates, stories_dues, stories_members, stories_books, stories_jobs)
STORIES = sorted((story for subject in SUBJECTS for story in subject.STORIES), key=lambda story: story.at)
"""By moment: the association's rows are laid out once for each."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    made = Stage(tmp_path_factory.mktemp("stories"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "at",
    sorted({DAY_BEFORE, COLLECTION_DAY, TWO_WEEKS_LATER, MONTH_LATER, *(s.at for s in STORIES)}),
    ids=str,
)
def test_all_is_well_with_the_association(stage, at):
    stage.set(at)
    assert {name: found for name, found in stage.before.items() if found[1]} == {}


def test_all_is_well_at_any_time_of_nine_months(stage):
    """Nights, Sundays, ends of months and of the year, before and after each collection."""
    at, failing = DAY_BEFORE, {}
    while at.year == DAY_BEFORE.year or at.month < 3:
        stage.set(at)
        failing |= {(str(at), name): found for name, found in stage.before.items() if found[1]}
        at += timedelta(days=6, hours=19)
    assert failing == {}


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(
            story,
            id=story.title,
            marks=[pytest.mark.xfail(strict=True, reason=story.wrong)] if story.wrong else [],
        )
        for story in STORIES
    ],
)
def test_story(stage, story):
    found, told = stage.tell(story), {name: _verdict(value) for name, value in story.told.items()}
    wrong = {}
    for name, verdict in found.items():
        if name in told and rounded(verdict) != told[name]:
            wrong[name] = f"{rounded(verdict)} and not {told[name]}"
        elif name not in told and _mute(verdict) != _mute(stage.before[name]):
            wrong[name] = f"{rounded(verdict)} of which the story does not tell"
    assert wrong == {}


def test_a_story_has_a_title_of_its_own():
    titles = [story.title for story in STORIES]
    assert [title for title in set(titles) if titles.count(title) > 1] == []


def test_stories_name_checks_that_are_judged():
    assert {name for story in STORIES for name in story.told} - set(JUDGED) == set()


def rounded(verdict: Verdict) -> Verdict:
    return (None if verdict[0] is None else round(verdict[0], 2)), verdict[1]


def _verdict(told) -> Verdict:
    """What a story says of a check: a value, and after it the severities that fail."""
    return (told[0], tuple(told[1:])) if isinstance(told, tuple) else (told, ())


def _mute(verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """What a check says, whatever its value."""
    return ("does not apply" if verdict[0] is None else "judged"), verdict[1]
