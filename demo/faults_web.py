"""Faults of the web front, its certificate and its name."""

from __future__ import annotations

import signal as signals
from typing import TYPE_CHECKING, Any

from demo import certificates
from demo.fault import Fault, behave, config, fault, kill, signal, start

if TYPE_CHECKING:
    from demo.site import Demo

PAGES = "login_page_seconds static_assets_served"
JOURNEYS = "journey_log_in journey_membership_form"
APP = f"login_page_works {PAGES} guest_api_refused security_headers app_health_endpoint health_page_public {JOURNEYS}"
"""Not asked where the ping says no."""
FOLLOWERS = f"site_answer_seconds {APP} realtime_answers clock_offset_seconds"
TLS = "tls_life_left_percent tls_days_left"
NO_WEB = f"{FOLLOWERS} unknown_host_refused tls_certificate_valid {TLS}"
PING, LOGIN = "/api/method/ping", "/login"
WELL = behave()


def certificate(**arguments: Any) -> Any:
    """Another certificate."""

    def act(demo: Demo) -> None:
        certificates.issue(demo.folder / "tls", **arguments)
        demo.reload_certificate()

    return act


FAULTS: dict[str, Fault] = {
    "web_down": fault(
        "the web server is gone",
        "site_answers",
        f"{NO_WEB} https_redirect",
        kill("web"),
        start("web"),
    ),
    "web_hangs": fault(
        "the web server accepts and never answers",
        "site_answers",
        f"{NO_WEB} https_redirect",
        signal("web", signals.SIGSTOP),
        signal("web", signals.SIGCONT),
    ),
    "web_error": fault(
        "the ping is a 500",
        "site_answers",
        f"site_answer_seconds {APP}",
        behave(replies={PING: [500, "text/html", "<h1>Error</h1>"]}),
        WELL,
    ),
    "web_wrong_content": fault(
        "the ping is 200 with a page",
        "site_answers",
        "",
        behave(replies={PING: [200, "text/html", "<h1>Parked</h1>"]}),
        WELL,
    ),
    "ping_slow": fault(
        "the ping takes 4.3 seconds",
        "site_answer_seconds",
        "",
        behave(delay={PING: 4.3}),
        WELL,
        {"timeouts": {"read": 10}, "checks.site_answer_seconds": {"warning": 4}},
    ),
    "login_slow": fault(
        "the login page takes 4.3 seconds",
        "login_page_seconds",
        "",
        behave(delay={LOGIN: 4.3}),
        WELL,
        {"timeouts": {"read": 10}, "checks.login_page_seconds": {"warning": 4}},
    ),
    "login_broken": fault(
        "no assets were built: the login page is a 500",
        "login_page_works",
        "login_page_seconds static_assets_served journey_log_in",
        behave(replies={LOGIN: [500, "text/html", "<h1>Error</h1>"]}),
        WELL,
    ),
    "assets_missing": fault(
        "CSS and JavaScript are 404", "static_assets_served", "", behave(no_assets=True), WELL
    ),
    "host_open": fault("any Host header is taken", "unknown_host_refused", "", behave(any_host=True), WELL),
    "redirect_off": fault("plain http serves the site", "https_redirect", "", behave(no_redirect=True), WELL),
    "maintenance": fault(
        "maintenance mode is on: no page is asked for",
        "maintenance_mode_off site_answers",
        f"site_answer_seconds {APP}",
        config(maintenance_mode=1),
        config(maintenance_mode=0),
    ),
    "login_hangs": fault(
        "the log-in page never comes",
        "login_page_works",
        f"{PAGES} security_headers journey_log_in",
        behave(delay={LOGIN: 9}),
        WELL,
    ),
    "developer_mode": fault(
        "a developer's switch is on in site_config.json",
        "config_developer_mode",
        "",
        config(developer_mode=1),
        config(developer_mode=0),
    ),
    "mail_muted": fault(
        "mail is muted in site_config.json",
        "config_mail_muted",
        "",
        config(mute_emails=1),
        config(mute_emails=0),
    ),
    "server_scripts": fault(
        "scripts may be written in the desk",
        "config_server_scripts",
        "",
        config(common=True, server_script_enabled=True),
        config(common=True, server_script_enabled=False),
    ),
    "tls_untrusted": fault(
        "the certificate is a stranger's",
        "site_answers tls_certificate_valid",
        f"{FOLLOWERS} unknown_host_refused {TLS}",
        certificate(stranger=True),
        certificate(),
    ),
    "tls_expired": fault(
        "the certificate ended yesterday",
        "site_answers tls_certificate_valid",
        f"{FOLLOWERS} unknown_host_refused {TLS}",
        certificate(days=-1),
        certificate(),
    ),
    "tls_expiring": fault(
        "the certificate ends in two days",
        "tls_life_left_percent",
        "",
        certificate(days=2),
        certificate(),
    ),
    "tls_ends_today": fault(
        "the certificate ends in seven hours",
        TLS,
        "",
        certificate(days=0.3),
        certificate(),
    ),
    "dns_gone": fault(
        "the site's name does not resolve",
        "dns_resolves",
        f"site_answers {NO_WEB} https_redirect",
        settings=lambda demo: {
            "web": {
                "url": f"https://vereniging.invalid:{demo.port('https')}",
                "http_url": "http://vereniging.invalid",
            }
        },
    ),
}
