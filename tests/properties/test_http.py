"""Whatever a web server answers, the probe gives an answer or says why there is none."""

import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fixtures import assets, http
from fixtures.observe import NotApplicable, Seen, Unobservable, observe, plain
from fixtures.probes.http import Answer, AppHealth
from fixtures.settings import read
from fixtures.site import sites
from tests import servers
from tests.properties import inputs
from tests.properties.inputs import texts
from tests.properties.profile import share

bodies = st.one_of(
    st.binary(max_size=200),
    texts.map(lambda text: text.encode("utf-8", "replace")),
    inputs.plain.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"[" * 99_000,
            b'{"message":{"status":"healthy","score":1e999}}',
            b'{"message":{"status":[],"score":NaN}}',
            b'{"message":{"status":"healthy","score":' + b"9" * 400 + b"}}",
            b'<script src="http://[/a.js"></script><link href="/a.css"><script src="//\xe2\x84\x80/b.js"></script>',
            b'<script src="/x\x1b[31m.js"></script>',
        ]
    ),
)
names = st.sampled_from(
    [
        "Content-Type",
        "Content-Length",
        "Content-Encoding",
        "Transfer-Encoding",
        "Location",
        "Set-Cookie",
        "Connection",
        "Date",
        "X-Frame-Options",
        "Retry-After",
        "Strict-Transport-Security",
        "Keep-Alive",
        "Upgrade",
        "Trailer",
    ]
)
values = st.one_of(
    st.sampled_from(
        [
            "text/html; charset=utf-16",
            "chunked",
            "gzip",
            "deflate, gzip",
            "br",
            "zstd",
            "identity, chunked",
            "-1",
            "0",
            "5, 5",
            "99999999999999999999",
            "close",
            "http://[",
            "//x y",
            "/a",
            "http://127.0.0.1:1/\xff",
            "\xe9",
            "a=b; expires=Thu, 99 Jan 9999 99:99:99 GMT",
            "a=b; max-age=99999999999999999999",
            "$Version=1; =;;",
            "",
            " ",
        ]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30),
).map(lambda text: text.encode("latin-1"))
heads = st.builds(
    lambda line, fields: (
        line + b"\r\n" + b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + b"\r\n"
    ),
    st.one_of(
        st.integers(-1, 1000).map(lambda code: f"HTTP/1.1 {code} x".encode()),
        st.sampled_from(
            [b"HTTP/1.1 200 OK"] * 6
            + [
                b"HTTP/0.9 200",
                b"HTTP/2 200 OK",
                b"HTTP/1.1 200",
                b"HTTP/1.1",
                b"ICY 200 OK",
                b"",
                b"HTTP/1.1 301 Moved",
                b"HTTP/1.1 304 Not",
                b"HTTP/1.1 100 Continue",
            ]
        ),
    ),
    st.lists(st.tuples(names, values), max_size=5),
)
raw = st.one_of(
    st.builds(bytes.__add__, heads, bodies),
    st.builds(
        lambda head, body: head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n", heads, bodies
    ),
    st.binary(max_size=300),
    st.just(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
    st.just(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n"),
)


class Web:
    """A server that answers each request with `raw`, and its site."""

    def __init__(self, folder, port):
        file = folder / "s.toml"
        file.write_text(
            f'[timeouts]\nconnect = 2\nread = 2\n[sites.one.web]\nurl = "http://127.0.0.1:{port}"\n'
        )
        self.site = sites(read(file, {}))[0]
        self.raw = b""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    made = None

    def behave(connection):
        connection.recv(65536)
        connection.sendall(made.raw)

    with servers.serving(behave) as port:
        made = Web(tmp_path_factory.mktemp("web"), port)
        yield made


@share(0.3)
@given(
    raw,
    st.sampled_from(
        [http("/"), http("/x", sentinel=True), http("/", redirects=False), assets("/login"), AppHealth()]
    ),
)
def test_any_bytes_are_an_answer_or_a_reason(web, content, probe):
    web.raw = content
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            seen = probe(web.site)
        except (Unobservable, NotApplicable) as reason:
            assert str(reason)
            return
    assert isinstance(seen, Seen)
    json.dumps(plain(seen.evidence), allow_nan=False)
    if isinstance(seen.value, Answer):
        asked(seen.value)
    else:
        assert observe(web.site, lambda _: seen).figure() >= 0


def asked(answer):
    """Each question that a check may put to it is answered, or cannot be."""
    for name in ("first_byte_seconds", "turned_away", "exc_type", "secure"):
        try:
            getattr(answer, name)
        except Unobservable as reason:
            assert str(reason)
    assert isinstance(answer.has_json({"message": "pong"}), bool)
    assert answer.holds() is True
    assert not answer.holds("\0no such word\0")
    try:
        assert isinstance(answer.header("X-Frame-Options"), str)
    except Unobservable:
        assert answer.error
    assert repr(answer) == repr(replace(answer, text=""))


@given(
    st.none() | st.integers(0, 999),
    st.none() | texts,
    bodies.map(lambda body: body.decode("utf-8", "replace")),
    texts,
)
def test_any_answer_can_be_asked(status, error, text, content_type):
    asked(Answer("http://x/", status, error or None, content_type[:20], "", text))


@given(inputs.plain)
def test_an_answer_has_the_json_that_was_sent(value):
    text = json.dumps(value)
    answer = Answer("http://x/", 200, text=text)
    assert answer.has_json(json.loads(text)) or "NaN" in text
    assert not answer.has_json({"not": "this", "at": text})
