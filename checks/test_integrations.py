"""Other services: Mollie, e-Boekhouden, webhooks."""

from fixtures import check, sql


@check(sql("mollie_failures_1h"), unit="failures", warning=3, high=10, events="1h")
def test_mollie_failures_1h(value, limit):
    """Few of Mollie's calls, payments and webhooks failed in the last hour."""
    assert value <= limit


@check(sql("mollie_test_mode"), severity="critical", smoke=True, every="daily")
def test_mollie_test_mode(value):
    """Mollie, where it is set up, is not in test mode: payments there are not real."""
    assert value == 0


@check(
    sql("eboekhouden_import_failures_24h"), unit="imports", warning=0, high=10, every="hourly", events="24h"
)
def test_eboekhouden_import_failures_24h(value, limit):
    """No import from e-Boekhouden failed in 24 hours."""
    assert value <= limit


@check(sql("eboekhouden_migrations_stuck"), unit="migrations", warning=0, every="hourly")
def test_eboekhouden_migrations_stuck(value, limit):
    """No migration from e-Boekhouden has stood still for two hours."""
    assert value <= limit


@check(
    sql("integration_requests_failed_24h"), unit="requests", warning=3, high=20, every="hourly", events="24h"
)
def test_integration_requests_failed_24h(value, limit):
    """Few requests to other services failed in 24 hours."""
    assert value <= limit


@check(sql("integration_requests_stuck"), unit="requests", every="hourly", info=3, warning=100)
def test_integration_requests_stuck(value, limit):
    """Few requests to other services have been left open for two hours."""
    assert value <= limit


@check(sql("webhook_failures_24h"), unit="calls", warning=3, high=20, every="hourly", events="24h")
def test_webhook_failures_24h(value, limit):
    """Few webhooks failed in 24 hours."""
    assert value <= limit


@check(sql("party_enrichment_stuck"), unit="entries", every="hourly", info=0)
def test_party_enrichment_stuck(value, limit):
    """No party of 30 days waits for a day to be completed from e-Boekhouden."""
    assert value <= limit


@check(sql("mollie_subscriptions_overdue"), unit="subscriptions", warning=0, high=10, every="daily")
def test_mollie_subscriptions_overdue(value, limit):
    """No subscription's next payment is a week late: the webhook moves it."""
    assert value <= limit


@check(sql("imports_failed"), unit="imports", warning=0, every="hourly")
def test_imports_failed(value, limit):
    """Every import of bank files and members was carried out and took rows, or a later one did."""
    assert value <= limit


@check(sql("eboekhouden_migrations_failed"), unit="migrations", warning=0, high=3, every="hourly")
def test_eboekhouden_migrations_failed(value, limit):
    """Every migration from e-Boekhouden took all its records, or a later one did."""
    assert value <= limit


@check(sql("data_imports_failed"), unit="imports", warning=0, every="daily")
def test_data_imports_failed(value, limit):
    """Every data import of 30 days took all its rows, or a later one of the kind did."""
    assert value <= limit


@check(sql("bank_statement_imports_failed"), unit="imports", warning=0, every="daily")
def test_bank_statement_imports_failed(value, limit):
    """Every import of a bank statement took all its rows, or a later one of the account did."""
    assert value <= limit


@check(sql("auto_repeats_disabled"), unit="documents", warning=0, every="daily")
def test_auto_repeats_disabled(value, limit):
    """No repeating document was switched off by a failure."""
    assert value <= limit
