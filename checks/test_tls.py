"""The certificate that visitors are shown."""

from fixtures import check, tls


@check(tls(), severity="critical", smoke=True, depends_on="site_answers")
def test_tls_certificate_valid(value):
    """The certificate's chain and name verify as in a browser."""
    assert value.valid, value.error


@check(
    tls().pick("days_left"),
    unit="days",
    info=21,
    warning=14,
    high=7,
    critical=3,
    every="hourly",
    smoke=True,
    depends_on="tls_certificate_valid",
)
def test_tls_days_left(value, limit):
    """The certificate lasts; automatic renewal comes at 30 days, so less means that it failed."""
    assert value >= limit
