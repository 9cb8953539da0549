"""The run to a Prometheus Pushgateway: one group a site and suite, replaced whole.

PUT replaces a group, so that what vanished vanishes. A run that ended early adds its own gauges to the
group (POST replaces the metrics of the same name alone) and leaves the checks' series as they were. No
instance, run or test stands in the grouping key: each would make a group that stays for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fixtures.schema import Document, Pushgateway, Secret, SettingsError
from fixtures.settings import secret
from reporters import metrics
from reporters.outbound import Refused, expect, request
from reporters.service import check_authority, parts

if TYPE_CHECKING:
    from reporters.publish import Told

TIMEOUT_SECONDS = 5.0


def report(told: Told) -> None:
    """Push every site of the run, and take away the groups of sites that are no longer checked.

    Raises:
        Undelivered: the gateway did not answer, or (after all were tried) refused a site's group.
    """
    settings, run = told.settings.pushgateway, told.run
    if settings.url is None:
        return
    from prometheus_client import delete_from_gateway, push_to_gateway, pushadd_to_gateway

    options: dict[str, Any] = {"timeout": settings.timeout or TIMEOUT_SECONDS, "handler": _handler(settings)}
    push = push_to_gateway if run.complete else pushadd_to_gateway
    refused: Refused | None = None
    for site, own in run.by_site().items():
        series = metrics.registry(own, told.carried, items=run.complete)
        try:
            push(settings.url, metrics.JOB, series, {"site": site, "suite": run.suite}, **options)
        except Refused as error:
            refused = refused or error
    for site in told.gone:
        delete_from_gateway(settings.url, metrics.JOB, {"site": site, "suite": run.suite}, **options)
    if refused:
        raise refused


def check(document: Document) -> None:
    """SettingsError for settings that cannot work."""
    settings = document.pushgateway
    if settings.url is None:
        return
    if parts(settings.url) is None:
        raise SettingsError(
            "pushgateway.url: must be http:// or https:// and a host; an account goes into user and"
            " password_file"
        )
    check_authority(settings.tls_ca, "pushgateway")
    _account(settings)


def _account(settings: Pushgateway) -> tuple[str, Secret] | None:
    password = secret(settings.password, settings.password_file, "pushgateway.password")
    return (settings.user, password or Secret("")) if settings.user else None


def _handler(settings: Pushgateway) -> Callable[..., Callable[[], None]]:
    """Its client's way to let another send: with our bounds, account and certificate authority."""
    account = _account(settings)

    def made(
        url: str, method: str, timeout: float, headers: list[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        def send() -> None:
            reply = request(
                method,
                url,
                timeout=timeout,
                body=data,
                headers=dict(headers),
                account=account,
                tls_ca=settings.tls_ca,
            )
            expect(reply, "the Pushgateway")

        return send

    return made
