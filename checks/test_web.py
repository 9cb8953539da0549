"""The site as a visitor meets it."""

from fixtures import app_health, assets, check, dns, http, maintenance, realtime
from fixtures.probes.http import PING, PING_PATH, STATUS_PAGE

LOGIN = http("/login", sentinel=True)
"""A page that never comes fails as one that is broken does."""


@check(dns(), severity="critical", smoke=True)
def test_dns_resolves(value):
    """Every configured host name resolves."""
    assert value == 0, "host names do not resolve"


@check(PING, severity="critical", smoke=True, depends_on=("dns_resolves", "maintenance_mode_off"))
def test_site_answers(value):
    """The site answers its ping, which proves the web server and its database."""
    assert value.status_code == 200, value
    assert value.has_json({"message": "pong"}), value


@check(
    PING.pick("first_byte_seconds"),
    unit="seconds",
    warning=0.5,
    critical=2,
    smoke=True,
    depends_on="site_answers",
)
def test_site_answer_seconds(value, limit):
    """The ping's first byte comes quickly, connecting not counted."""
    assert value <= limit


@check(LOGIN, severity="critical", smoke=True, depends_on=("site_answers", "redis_cache_answers"))
def test_login_page_works(value):
    """The login page is there and holds its form; without built assets it is a 500 while the ping is fine."""
    assert value.status_code == 200, value
    assert value.content_type == "text/html"
    assert value.holds("<form", "login_email", "login_password")


@check(
    LOGIN.pick("first_byte_seconds"),
    unit="seconds",
    warning=1.5,
    critical=5,
    smoke=True,
    depends_on=("login_page_works", "redis_cache_answers"),
)
def test_login_page_seconds(value, limit):
    """The login page's first byte comes quickly; a dead cache Redis makes it take three seconds."""
    assert value <= limit


@check(assets("/login"), severity="high", every="hourly", smoke=True, depends_on="login_page_works")
def test_static_assets_served(value):
    """The login page's own CSS and JavaScript files answer."""
    assert value == 0


@check(
    http(PING_PATH, host="unknown-host.invalid", sentinel=True),
    severity="warning",
    every="daily",
    depends_on="site_answers",
)
def test_unknown_host_refused(value):
    """A Host header that is no site is turned away, so that nobody fronts the site under another name."""
    assert value.turned_away, value


@check(
    http("/", plain=True, redirects=False),
    severity="high",
    every="hourly",
    smoke=True,
    depends_on=("dns_resolves", "site_answers"),
)
def test_https_redirect(value):
    """Plain http leads to https."""
    assert value.status_code in (301, 302, 307, 308), value
    assert value.location.startswith("https://")


@check(maintenance(), severity="high", smoke=True)
def test_maintenance_mode_off(value):
    """The site is not in maintenance mode; in it, nobody gets a page and the scheduler stands still."""
    assert not value, "the site is in maintenance mode"


@check(http("/api/resource/User"), severity="high", every="hourly", smoke=True, depends_on="site_answers")
def test_guest_api_refused(value):
    """A guest may not list users through the API."""
    assert value.status_code == 403, value


@check(LOGIN.pick("through_proxy"), severity="warning", every="daily", depends_on="login_page_works")
def test_security_headers(value):
    """Pages forbid guessing of types and framing by others, and over https tell browsers to stay with it."""
    assert value.header("X-Content-Type-Options") == "nosniff"
    assert value.header("X-Frame-Options") or "frame-ancestors" in value.header("Content-Security-Policy")
    assert value.header("Strict-Transport-Security") or not value.secure


@check(app_health(), unit="points", warning=70, high=50, smoke=True, depends_on="site_answers")
def test_app_health_endpoint(value, limit):
    """The app finds itself well; one voice among others, for it says so with a dead queue as well."""
    assert value >= limit


@check(realtime(), severity="warning", every="hourly", depends_on="site_answers")
def test_realtime_answers(value):
    """The realtime server greets a browser that polls it."""
    assert value.status_code == 200, value
    assert value.holds('"sid"')


@check(http(STATUS_PAGE), severity="warning", every="daily", depends_on="site_answers")
def test_health_page_public(value):
    """The status page that the settings name can be read without logging in."""
    assert value.status_code == 200, value
