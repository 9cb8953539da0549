"""Members and what belongs to each of them."""

from fixtures import check, growth, sql, usual


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


@check(sql("members_left_percent_24h"), unit="% of members", warning=2, high=5, every="hourly", events="24h")
def test_members_left_percent_24h(value, limit):
    """Few members left by terminations that were executed in a day."""
    assert value <= limit


@check(
    sql("members_churn_percent_30d"),
    unit="% of members",
    warning=10,
    high=25,
    every="daily",
    metric="verenigingen_members_churn_percent_30d",
    events="30d",
)
def test_members_churn_percent_30d(value, limit):
    """Few members left by terminations that were executed in 30 days."""
    assert value <= limit


@check(sql("members_terminated_24h"), unit="members", every="hourly", info=10, events="24h")
def test_members_terminated_24h(value, limit):
    """Few terminations were executed in a day."""
    assert value <= limit


@check(sql("members_without_membership"), unit="members", warning=0, high=10, every="daily")
def test_members_without_membership(value, limit):
    """Every active member whose termination was not executed has an active membership."""
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


@check(sql("memberships_expired_but_active"), unit="memberships", every="daily", info=0)
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
    """No request for an account failed or waits for a day while the person has none."""
    assert value <= limit


@check(usual("silent_stop_members", days=7), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_members(value, limit):
    """The last seven days' new members were not far below those of the weeks before."""
    assert value >= limit


@check(sql("memberships_of_ended_members"), unit="memberships", warning=0, high=10, every="daily")
def test_memberships_of_ended_members(value, limit):
    """No member whose status says that he left has an active membership."""
    assert value <= limit


@check(sql("terminations_without_effect"), unit="members", warning=0, high=10, every="daily")
def test_terminations_without_effect(value, limit):
    """Everybody whose termination was executed a day ago has left, with the membership of then."""
    assert value <= limit


@check(sql("memberships_of_pending_members"), unit="memberships", warning=0, every="daily")
def test_memberships_of_pending_members(value, limit):
    """No application was approved half way: membership there, member still Pending."""
    assert value <= limit


@check(sql("memberships_cancelled_but_active"), unit="memberships", warning=0, high=10, every="daily")
def test_memberships_cancelled_but_active(value, limit):
    """Every cancelled membership ended when its period did."""
    assert value <= limit


@check(sql("terminations_waiting_7d"), unit="requests", warning=0, high=10, every="daily")
def test_terminations_waiting_7d(value, limit):
    """No termination has waited for a week to be submitted or approved."""
    assert value <= limit


@check(sql("requests_of_members_waiting"), unit="requests", info=0, warning=20, every="daily")
def test_requests_of_members_waiting(value, limit):
    """No request to join a chapter, for contact or for another contribution has waited for two weeks."""
    assert value <= limit


@check(sql("mandate_requests_waiting"), unit="requests", warning=0, every="daily")
def test_mandate_requests_waiting(value, limit):
    """What members asked for their mandates on the portal was done within a day."""
    assert value <= limit


@check(sql("members_unknown_status"), unit="members", warning=0, every="daily")
def test_members_unknown_status(value, limit):
    """Every member's statuses are among those that the app knows, so that the member can be saved."""
    assert value <= limit


@check(
    growth(sql("members_active"), of="members_active", days=1, floor=10),
    unit="% of members",
    warning=-10,
    high=-25,
    every="daily",
)
def test_members_active_change_percent_1d(value, limit):
    """The number of active members did not fall far in a day, by ten or more."""
    assert value >= limit
