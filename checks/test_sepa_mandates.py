"""SEPA mandates: what allows the association to debit an account."""

from fixtures import check, iban_failures, sql


@check(sql("mandates_active_but_expired"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_active_but_expired(value, limit):
    """No mandate is active past its expiry date."""
    assert value <= limit


@check(sql("mandates_active_but_cancelled"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_active_but_cancelled(value, limit):
    """No mandate is active though it was cancelled."""
    assert value <= limit


@check(sql("mandates_signed_in_future"), unit="mandates", warning=0, every="daily")
def test_mandates_signed_in_future(value, limit):
    """Every active mandate was signed, and not in the future."""
    assert value <= limit


@check(sql("mandates_without_iban"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_without_iban(value, limit):
    """Every active mandate has an IBAN."""
    assert value <= limit


@check(sql("mandates_malformed_iban"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_malformed_iban(value, limit):
    """Every active mandate's IBAN has the form of one."""
    assert value <= limit


@check(sql("mandates_unused_36_months"), unit="mandates", info=0, every="daily")
def test_mandates_unused_36_months(value, limit):
    """No active mandate lapsed for not having been used in 36 months."""
    assert value <= limit


@check(sql("mandates_of_inactive_members"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_of_inactive_members(value, limit):
    """No member who left still has an active mandate."""
    assert value <= limit


@check(sql("mandates_of_missing_members"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_of_missing_members(value, limit):
    """Every active mandate belongs to a member that exists."""
    assert value <= limit


@check(sql("mandates_duplicate_ids"), unit="mandate ids", high=0, every="daily")
def test_mandates_duplicate_ids(value, limit):
    """No two mandates have the same reference."""
    assert value <= limit


@check(sql("direct_debit_members_without_mandate"), unit="members", warning=0, high=20, every="daily")
def test_direct_debit_members_without_mandate(value, limit):
    """Every active member who pays by direct debit has an active mandate."""
    assert value <= limit


@check(sql("mandates_expiring_30d"), unit="mandates", info=0, every="daily")
def test_mandates_expiring_30d(value, limit):
    """No active mandate expires within 30 days."""
    assert value <= limit


@check(iban_failures("mandates_iban_checksum_failures"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_iban_checksum_failures(value, limit):
    """Every active mandate's IBAN can exist: its country, length and check digits are right."""
    assert value <= limit


@check(sql("mandates_one_off_reused"), unit="mandates", warning=0, every="daily")
def test_mandates_one_off_reused(value, limit):
    """No mandate for one payment is to be used twice."""
    assert value <= limit


@check(sql("mandates_two_active"), unit="mandates", warning=0, high=10, every="daily")
def test_mandates_two_active(value, limit):
    """No member has two active mandates for dues."""
    assert value <= limit


@check(sql("mandates_iban_differs_from_member"), unit="mandates", info=0, warning=10, every="daily")
def test_mandates_iban_differs_from_member(value, limit):
    """Active mandates and their members name the same account."""
    assert value <= limit


@check(sql("mandates_iban_not_debitable"), unit="mandates", warning=0, every="daily")
def test_mandates_iban_not_debitable(value, limit):
    """Every active mandate's account can be debited: it is in the SEPA area and not the association's own."""
    assert value <= limit
