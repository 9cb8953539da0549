"""Mail that the site should send."""

from fixtures import check, sql


@check(sql("mail_errors_24h"), unit="mails", warning=5, high=20, depends_on="database_answers")
def test_mail_errors_24h(value, limit):
    """Few mails of the last 24 hours were given up."""
    assert value <= limit


@check(
    sql("mail_oldest_unsent_age_seconds"),
    unit="seconds",
    warning=1800,
    high=7200,
    depends_on="database_answers",
)
def test_mail_oldest_unsent_age_seconds(value, limit):
    """No mail that is due waits for long; the queue is flushed every four minutes."""
    assert value <= limit


@check(sql("mail_retrying"), unit="mails", warning=0, high=10, depends_on="database_answers")
def test_mail_retrying(value, limit):
    """No mail is being refused now; it is given up only at the fourth failure, 12 to 16 minutes later."""
    assert value <= limit


@check(sql("mail_waiting"), unit="mails", warning=200, high=1000, depends_on="database_answers")
def test_mail_waiting(value, limit):
    """The mail queue is not piling up."""
    assert value <= limit
