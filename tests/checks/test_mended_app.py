"""On an app that marks its batches as sent and as collected the SEPA checks say the same of the same life."""

import pymysql
import pytest

from demo import servers
from tests.checks import realapp, rowwise

MOMENTS = {moment.name: moment for moment in realapp.moments()}
SENT = "UPDATE `tabDirect Debit Batch` SET status = 'Submitted' WHERE docstatus = 1"
COLLECTED = "UPDATE `tabDirect Debit Batch` SET status = 'Processed' WHERE docstatus = 1 AND batch_date < '{at:%Y-%m-%d}'"
BOOKED = (
    "UPDATE `tabDirect Debit Batch Invoice` AS i JOIN `tabDirect Debit Batch` AS b ON b.name = i.parent"
    " JOIN `tabSales Invoice` AS s ON s.name = i.invoice"
    " SET i.status = IF(s.outstanding_amount = 0, 'Successful', 'Failed') WHERE b.status = 'Processed'"
)

pytestmark = pytest.mark.skipif(not MOMENTS, reason="the real app's rows are not at hand")


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    with realapp.Life(tmp_path_factory.mktemp("life")) as life:
        yield life


@pytest.mark.parametrize(
    "name",
    [
        "06-day-before-collection",
        "07-collection-day",
        "09-memberships-expired",
        "11-a-month-later",
        "sick/01-mandate-cancelled",
        "sick/04-invoice-in-two-batches",
        "sick/12-collection-on-closing-day",
    ],
)
def test_a_mark_changes_no_verdict(life, name):
    """But that of the check for marks, which applies from the first one on and finds nothing here."""
    moment = MOMENTS[name]
    site = life.load(moment)
    with realapp.time_of(moment):
        before, _ = rowwise.judge(site)
        client = pymysql.connect(
            host=servers.HOST,
            port=life.port,
            user="root",
            autocommit=True,
            ssl_disabled=True,
            database=site.database.name,
        )
        with client, client.cursor() as cursor:
            for statement in (SENT, COLLECTED.format(at=moment.at), BOOKED):
                cursor.execute(statement)
        after, _ = rowwise.judge(site)
    assert set(after) == set(before)
    assert after == before
