"""Who logs in, and who tries to."""

from fixtures import check, sql, usual


@check(sql("failed_logins_1h"), unit="log-ins", warning=20, high=50, events="1h")
def test_failed_logins_1h(value, limit):
    """Few log-ins failed in the last hour."""
    assert value <= limit


@check(
    sql("active_users_24h"),
    unit="users",
    info=0,
    at_least=True,
    every="hourly",
    metric="verenigingen_active_users_24h",
)
def test_active_users_24h(value, limit):
    """How many people used the site in 24 hours is counted; 0 is a quiet day and never fails."""
    assert value >= limit


@check(sql("failed_logins_one_address_1h"), unit="log-ins", warning=10, high=30, events="1h")
def test_failed_logins_one_address_1h(value, limit):
    """No single address fails to log in again and again."""
    assert value <= limit


@check(sql("impersonations_24h"), unit="log-ins", info=0, every="hourly", events="24h")
def test_impersonations_24h(value, limit):
    """Nobody logged in as somebody else."""
    assert value <= limit


@check(sql("administrator_logins_24h"), unit="log-ins", warning=3, every="hourly", events="24h")
def test_administrator_logins_24h(value, limit):
    """The Administrator account is not used from day to day."""
    assert value <= limit


@check(sql("blocked_api_calls_1h"), unit="calls", warning=5, high=20, events="1h")
def test_blocked_api_calls_1h(value, limit):
    """Few API calls were refused as forged, unauthorised or too many."""
    assert value <= limit


@check(sql("critical_api_events_1h"), unit="events", high=0, events="1h")
def test_critical_api_events_1h(value, limit):
    """The API audit log has no critical event."""
    assert value <= limit


@check(sql("data_exports_24h"), unit="exports", warning=10, every="hourly", events="24h")
def test_data_exports_24h(value, limit):
    """Few exports of data were made in 24 hours."""
    assert value <= limit


@check(sql("active_sessions"), unit="sessions", info=10000, metric="verenigingen_active_sessions")
def test_active_sessions(value, limit):
    """Sessions are cleared when they expire, so that their number stays near that of users."""
    assert value <= limit


@check(sql("new_system_managers_24h"), unit="users", high=0, every="hourly", events="24h")
def test_new_system_managers_24h(value, limit):
    """Nobody was given the role System Manager in 24 hours, the site's first day left out."""
    assert value <= limit


@check(sql("enabled_users_of_ended_members"), unit="users", warning=0, high=10, every="daily")
def test_enabled_users_of_ended_members(value, limit):
    """Nobody can log in who left the association and did not come back."""
    assert value <= limit


@check(sql("deleted_documents_24h"), unit="documents", warning=50, high=500, every="hourly", events="24h")
def test_deleted_documents_24h(value, limit):
    """Few documents were deleted in 24 hours."""
    assert value <= limit


@check(usual("silent_stop_logins", days=1), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_logins(value, limit):
    """Yesterday's log-ins were not far below those of the same weekday in eight weeks, without holidays."""
    assert value >= limit
