"""Other services: Mollie, e-Boekhouden, webhooks."""

from fixtures import check, sql


@check(sql("mollie_failures_1h"), unit="failures", warning=3, high=10)
def test_mollie_failures_1h(value, limit):
    """Few calls to Mollie failed in the last hour."""
    assert value <= limit


@check(sql("mollie_test_mode"), severity="critical", smoke=True, every="daily")
def test_mollie_test_mode(value):
    """Mollie is not in test mode: payments there are not real."""
    assert value == 0


@check(sql("eboekhouden_import_failures_24h"), unit="imports", warning=0, high=10, every="hourly")
def test_eboekhouden_import_failures_24h(value, limit):
    """No import from e-Boekhouden failed in 24 hours."""
    assert value <= limit


@check(sql("eboekhouden_migrations_stuck"), unit="migrations", warning=0, every="hourly")
def test_eboekhouden_migrations_stuck(value, limit):
    """No migration from e-Boekhouden has stood still for two hours."""
    assert value <= limit


@check(sql("eboekhouden_migrations_failed_7d"), unit="migrations", warning=0, high=3, every="hourly")
def test_eboekhouden_migrations_failed_7d(value, limit):
    """Every migration from e-Boekhouden of seven days ended well, with all its records."""
    assert value <= limit


@check(sql("integration_requests_failed_24h"), unit="requests", warning=3, high=20, every="hourly")
def test_integration_requests_failed_24h(value, limit):
    """Few requests to other services failed in 24 hours."""
    assert value <= limit


@check(sql("integration_requests_stuck"), unit="requests", warning=3, high=100, every="hourly")
def test_integration_requests_stuck(value, limit):
    """Few requests to other services have been left open for two hours."""
    assert value <= limit


@check(sql("webhook_failures_24h"), unit="calls", warning=3, high=20, every="hourly")
def test_webhook_failures_24h(value, limit):
    """Few webhooks failed in 24 hours."""
    assert value <= limit


@check(sql("party_enrichment_stuck"), unit="entries", warning=0, every="hourly")
def test_party_enrichment_stuck(value, limit):
    """No party waits for a day to be completed from e-Boekhouden."""
    assert value <= limit
