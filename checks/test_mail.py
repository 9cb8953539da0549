"""Mail that the site should send."""

from fixtures import check, sql, usual


@check(sql("mail_errors_24h"), unit="mails", warning=5, high=20, events="24h")
def test_mail_errors_24h(value, limit):
    """Few mails of the last 24 hours were given up; fewer than one in a hundred are not counted."""
    assert value <= limit


@check(
    sql("mail_oldest_unsent_age_seconds"),
    unit="seconds",
    warning=1800,
    high=7200,
    depends_on=("scheduler_awake", "maintenance_mode_off"),
)
def test_mail_oldest_unsent_age_seconds(value, limit):
    """No mail that is due waits for long; the queue is flushed every four minutes, a mailing in six hours."""
    assert value <= limit


@check(sql("mail_refused_since_last_sent"), unit="mails", warning=2, high=20)
def test_mail_refused_since_last_sent(value, limit):
    """At most two mails were refused since the last one that left."""
    assert value <= limit


@check(sql("mail_waiting"), unit="mails", warning=200, high=1000)
def test_mail_waiting(value, limit):
    """Few single mails wait; a mailing may take its time."""
    assert value <= limit


@check(sql("mail_error_percent_24h"), unit="% of mails", warning=5, high=20, every="hourly", events="24h")
def test_mail_error_percent_24h(value, limit):
    """Of 20 mails or more in 24 hours, few were given up."""
    assert value <= limit


@check(sql("mail_stuck_sending"), unit="mails", warning=0, every="hourly")
def test_mail_stuck_sending(value, limit):
    """No mail has been at Sending for an hour: its worker was killed half-way."""
    assert value <= limit


@check(sql("mail_unhandled_7d"), unit="mails", warning=10, every="daily", events="7d")
def test_mail_unhandled_7d(value, limit):
    """Incoming mail finds the document that it belongs to."""
    assert value <= limit


@check(sql("mail_outgoing_account"), unit="accounts", high=1, at_least=True, smoke=True, every="daily")
def test_mail_outgoing_account(value, limit):
    """There is a default account to send mail from, and it has its password."""
    assert value >= limit


@check(usual("silent_stop_mail", days=1), unit="% of usual", warning=20, high=5, every="daily")
def test_silent_stop_mail(value, limit):
    """Yesterday's mail was not far below that of the same weekday in the last eight weeks but holidays."""
    assert value >= limit
