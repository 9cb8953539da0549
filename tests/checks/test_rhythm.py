"""How late a collection is: by the rhythm of the settings, else by the site's own longest pause."""

import contextlib

import pytest
from msgspec.structs import replace

from fixtures import sql
from fixtures.observe import observe
from fixtures.settings import read
from fixtures.site import sites

LATE = sql("sepa_collection_late_days")
HIDDEN = 10
"""Added to docstatus: a batch that no statement counts."""


@contextlib.contextmanager
def only(demo, count, *, days_ago):
    """The site has so many batches only, the last so many days ago."""
    with demo.root() as cursor:
        cursor.execute("SELECT name, batch_date FROM `tabDirect Debit Batch` WHERE docstatus = 1")
        dates = cursor.fetchall()
        cursor.execute(f"UPDATE `tabDirect Debit Batch` SET docstatus = docstatus + {HIDDEN}")
        for number, (name, _) in enumerate(dates[:count]):
            cursor.execute(
                "UPDATE `tabDirect Debit Batch` SET docstatus = 1,"
                " batch_date = CURDATE() - INTERVAL %s DAY WHERE name = %s",
                (days_ago + 30 * number, name),
            )
        try:
            yield
        finally:
            cursor.execute(
                f"UPDATE `tabDirect Debit Batch` SET docstatus = docstatus - {HIDDEN} WHERE docstatus >= {HIDDEN}"
            )
            cursor.executemany(
                "UPDATE `tabDirect Debit Batch` SET batch_date = %s WHERE name = %s",
                [(date, name) for name, date in dates],
            )


def late(demo, rhythm):
    """(days, why it does not apply)."""
    site = replace(sites(read(demo.settings, {}))[0], collection_days=rhythm)
    seen = observe(site, LATE)
    return seen.value, seen.skip


def test_a_new_association_is_judged_once_it_says_its_rhythm(demo):
    with only(demo, 1, days_ago=50):
        days, why = late(demo, None)
        assert (days, why) == (None, "there is nothing to judge yet (NULL)")
        assert late(demo, 31)[0] == pytest.approx(
            19, abs=1
        )  # the server's day may be another than the site's
        assert late(demo, 92) == (0, None)


def test_before_the_first_collection_it_counts_from_the_oldest_mandate(demo):
    with only(demo, 0, days_ago=0):
        assert late(demo, None)[0] is None
        assert late(demo, 31)[0] > 300


def test_a_rhythm_goes_before_the_sites_own_pause(demo):
    """Three collections, thirty days apart: each rhythm longer than that has time yet."""
    with only(demo, 3, days_ago=70):
        assert late(demo, None)[0] == pytest.approx(40, abs=1)
        assert late(demo, 31)[0] == pytest.approx(39, abs=1)
        assert late(demo, 92) == (0, None)


def test_what_is_on_its_way_is_not_late(demo):
    with only(demo, 3, days_ago=-3):
        assert late(demo, 31) == (0, None)
