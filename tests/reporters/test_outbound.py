"""Requests to services: which proxy they are made by, and what is told of it."""

import pytest

from reporters.outbound import Undelivered, proxy_of, request
from tests.servers import Receiver

NO_PROXY = "http://dienst:geheim@127.0.0.1:9"
"""A proxy that is down, with an account."""


@pytest.fixture(autouse=True)
def proxied(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NO_PROXY)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_host_is_asked_by_no_proxy(host):
    receiver = Receiver()
    try:
        assert request("GET", f"http://{host}:{receiver.server.server_port}/up", timeout=10).status == 204
    finally:
        receiver.close()


def test_all_of_its_addresses_are_this_host():
    for host in ("127.9.9.9", "[::1]", "site.localhost"):
        assert proxy_of(f"http://{host}:9/") is None
    assert proxy_of("http://192.0.2.1/") is not None


@pytest.mark.parametrize("url", ["http://dienst.example/x", "https://dienst.example/x"])
def test_a_proxy_that_fails_is_named_without_its_account(url):
    with pytest.raises(Undelivered) as refused:
        request("GET", url, timeout=10)
    assert str(refused.value) == "connection refused, by the proxy 127.0.0.1:9"


def test_what_no_proxy_names_is_asked_directly(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "dienst.invalid")
    with pytest.raises(Undelivered, match=r"the name dienst.invalid does not resolve$"):
        request("GET", "http://dienst.invalid/x", timeout=10)
