"""The certificate that visitors are shown."""

from fixtures import check, tls


@check(tls(), severity="critical", smoke=True, depends_on="site_answers")
def test_tls_certificate_valid(value):
    """The certificate's chain and name verify as in a browser."""
    assert value.valid, value.error


@check(
    tls().pick("life_left"),
    unit="percent",
    info=25,
    warning=16,
    high=8,
    critical=4,
    every="hourly",
    smoke=True,
    depends_on="tls_certificate_valid",
)
def test_tls_life_left_percent(value, limit):
    """The certificate was renewed in time: renewal comes by itself when a third of its life is left."""
    assert value >= limit


@check(
    tls().pick("days_left"),
    unit="days",
    at_least=True,
    critical=0.5,
    every="hourly",
    smoke=True,
    depends_on=("tls_certificate_valid", "tls_life_left_percent"),
)
def test_tls_days_left(value, limit):
    """The certificate does not end within half a day, however long its life is."""
    assert value >= limit
