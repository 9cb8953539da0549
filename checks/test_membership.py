"""Members and what belongs to each of them."""

from fixtures import check, sql, usual


@check(
    sql("members_active"),
    unit="members",
    high=1,
    at_least=True,
    every="hourly",
    metric="verenigingen_members_active",
)
def test_members_active(value, limit):
    """There are active members."""
    assert value >= limit


@check(sql("members_left_percent_24h"), unit="% of members", warning=2, high=5, every="hourly")
def test_members_left_percent_24h(value, limit):
    """Few members stopped being active in a day."""
    assert value <= limit


@check(
    sql("members_churn_percent_30d"),
    unit="% of members",
    warning=5,
    high=10,
    every="daily",
    metric="verenigingen_members_churn_percent_30d",
)
def test_members_churn_percent_30d(value, limit):
    """Few members left in 30 days."""
    assert value <= limit


@check(sql("members_terminated_24h"), unit="members", warning=10, every="hourly")
def test_members_terminated_24h(value, limit):
    """Few memberships were ended in a day."""
    assert value <= limit


@check(sql("members_without_membership"), unit="members", warning=0, high=10, every="daily")
def test_members_without_membership(value, limit):
    """Every active member has an active membership."""
    assert value <= limit


@check(sql("members_without_dues_schedule"), unit="members", info=0, warning=20, high=50, every="daily")
def test_members_without_dues_schedule(value, limit):
    """Every active member has a schedule for dues."""
    assert value <= limit


@check(sql("members_without_customer"), unit="members", warning=0, high=10, every="daily")
def test_members_without_customer(value, limit):
    """Every active member has a customer, without which there is no invoice."""
    assert value <= limit


@check(sql("member_ids_duplicate"), unit="member ids", warning=0, high=10, every="daily")
def test_member_ids_duplicate(value, limit):
    """No two members have the same number."""
    assert value <= limit


@check(sql("memberships_two_active"), unit="members", warning=0, high=10, every="daily")
def test_memberships_two_active(value, limit):
    """No member has two active memberships without leave for it."""
    assert value <= limit


@check(sql("memberships_expired_but_active"), unit="memberships", warning=0, high=20, every="daily")
def test_memberships_expired_but_active(value, limit):
    """No membership is active a month after its renewal date."""
    assert value <= limit


@check(sql("applications_waiting_7d"), unit="applications", warning=0, high=20, every="daily")
def test_applications_waiting_7d(value, limit):
    """No application has waited for a week."""
    assert value <= limit


@check(sql("terminations_overdue"), unit="requests", warning=0, high=10, every="daily")
def test_terminations_overdue(value, limit):
    """Every approved termination was carried out on its date."""
    assert value <= limit


@check(sql("amendments_overdue"), unit="requests", warning=0, high=10, every="daily")
def test_amendments_overdue(value, limit):
    """Every approved change of a contribution was carried out on its date."""
    assert value <= limit


@check(sql("account_creations_failed"), unit="requests", warning=0, high=10, every="hourly")
def test_account_creations_failed(value, limit):
    """No request to create an account failed or waits for a day."""
    assert value <= limit


@check(usual("silent_stop_members", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_members(value, limit):
    """The last seven days' new members were not far below those of the weeks before."""
    assert value >= limit
