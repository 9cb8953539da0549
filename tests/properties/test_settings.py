"""Any settings are either sound or wrong in one line that names the key, and no secret stands in it."""

import difflib
import json
import re
import typing
from datetime import UTC, date, datetime
from types import NoneType, UnionType

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fixtures import settings, sources
from fixtures.schema import DURATION, Document, Override, Secret, SettingsError
from fixtures.settings import read
from fixtures.site import sites
from reporters import publish
from tests.properties.inputs import anything, plain, texts
from tests.properties.profile import share

SECRET = re.compile(r"s3cret[0-9]{4}")
secret = st.integers(1000, 9999).map("s3cret{}".format)
SOUND = {
    "time_zone": ["Europe/Amsterdam", "UTC", "Mars/Base", "../../etc/passwd", "Europe"],
    "url": ["https://a.example", "http://a:b@c", "http://[", "http://a:99999", "x", "//", "https://\u2100"],
    "holidays": ["NL", "ZZ", ""],
    "hours": ["always", "mon-fri 09:00-17:30, not holiday", "holiday", "sun 25:00-04:00", "none"],
    "every": ["sun 02:00-04:00", "02:00-02:00", "mon", "sun 02:00-04:00\n"],
    "since": ["2026-12-01T22:00", "0001-01-01", "9999-12-31T23:59:59", "soon"],
    "sites_folder": ["/nowhere", "~nobody/x", "a\0b", "x" * 5000],
    "state": ["/tmp", "~nobody/x"],
}
SOUND["until"] = SOUND["since"]
paths = st.sampled_from(["/nowhere", "a\0b", "x" * 5000, "~nobody", ""])


def of(kind, key="", sound=False):
    """Values of a type of the schema, as TOML has them; numbers within their bounds where they are to be sound."""
    origin, given_ = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        pattern = next((one.pattern for one in given_[1:] if getattr(one, "pattern", None)), None)
        return (
            st.sampled_from(["30s", "4h", "1.5d", "999999d"])
            if pattern == DURATION
            else of(given_[0], key, sound)
        )
    if origin is typing.Literal:
        return st.sampled_from(given_)
    if origin in (typing.Union, UnionType):
        return st.one_of([of(one, key, sound) for one in given_ if one is not NoneType])
    if origin in (list, tuple):
        return st.lists(of(given_[0], key, sound), max_size=2)
    if origin is dict:
        return st.dictionaries(
            st.sampled_from(["a", "office", "one.example"]), of(given_[1], key, sound), max_size=2
        )
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return table(kind, sound=sound)
    if kind is Secret:
        return st.builds("{}{}".format, st.sampled_from(["", "redis://:", "redis://[", "https://h/"]), secret)
    if kind is str:
        known = SOUND.get(key) or SOUND.get(key.rpartition("_")[2])
        if known:
            return st.sampled_from(known)
        return paths if key.endswith(("_file", "_ca", "folder", "bench", "proc")) else texts.map(writable)
    return {
        date: st.dates(),
        bool: st.booleans(),
        int: st.integers(1, 1000) if sound else st.integers(-1, 70_000) | st.just(16**5000),
        float: st.floats(0.1, 3600) | st.integers(1, 9) if sound else st.floats() | st.integers(0, 9),
    }[kind]


@st.composite
def table(draw, kind, without=("sites_command",), *, sound=False):
    hints = typing.get_type_hints(kind, include_extras=True)
    keys = [one.name for one in msgspec.structs.fields(kind) if one.required]
    optional = sorted(hints.keys() - {*keys, *without})
    keys += draw(st.lists(st.sampled_from(optional), unique=True, max_size=5))
    return {key: draw(of(hints[key], key, sound)) for key in dict.fromkeys(keys)}


def writable(text):
    return text.encode("utf-8", "replace").decode()


def toml(value):
    """A value in TOML, all of it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return (
            '"' + "".join(f"\\U{ord(one):08x}" if not one.isalnum() else one for one in writable(value)) + '"'
        )
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return hex(value) if value > 2**63 else str(value)
    return value.isoformat() if isinstance(value, date | datetime) else repr(value)


def document(value):
    return "".join(f"{toml(key)} = {toml(one)}\n" for key, one in value.items())


junk = st.one_of(
    plain.filter(lambda one: one is not None),
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    st.just(date(2026, 1, 1)),
).map(
    lambda one: (
        json.loads(writable(json.dumps(one, default=str, ensure_ascii=False)).replace("null", "0"))
        if not isinstance(one, date)
        else one
    )
)


def tables_of(table):
    for one in table.values():
        if isinstance(one, dict):
            yield one
            yield from tables_of(one)


@st.composite
def mutated(draw):
    """A document of the schema in which some keys and values are wrong."""
    made = draw(table(Document))
    tables = [*tables_of(made)]
    for _ in range(draw(st.integers(0, 3))):
        inside = made
        while inner := [one for one in inside.values() if isinstance(one, dict) and one]:
            if draw(st.booleans()):
                break
            inside = draw(st.sampled_from(inner))
        if not inside:
            continue
        key = draw(st.sampled_from(sorted(inside)))
        how = draw(st.sampled_from(["value", "key", "list", "text", "name"]))
        if how == "value":
            inside[key] = draw(junk)
        elif how == "list":  # [[database]] instead of [database]
            inside[key] = [inside[key]]
        elif how == "text" and any(one is inside[key] for one in tables):  # the secret instead of its table
            inside[key] = draw(secret)
        elif how == "name":
            inside[draw(texts.map(writable))] = inside.pop(key)
        else:
            inside[key[1:] + key[:1]] = inside.pop(key)
    return made


@pytest.fixture(autouse=True)
def no_commands(monkeypatch):
    """Whatever a file names, nothing is started."""
    monkeypatch.setattr(sources, "from_command", lambda _: {})


def tried(folder, content, environ=None):
    """The document, or the text of the one error that there may be."""
    path = folder / "checks.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        found = read(path, environ or {})
        assert isinstance(found, Document)
        sites(found)
        publish.check(found)
    except SettingsError as error:
        assert str(error).isprintable()
        assert not SECRET.search(str(error)), str(error)
        return str(error)
    return found


@given(mutated())
def test_any_document_is_sound_or_wrong_in_one_line(tmp_path, made):
    tried(tmp_path, document(made))


@given(
    st.binary(max_size=80)
    | anything.map(writable)
    | st.sampled_from(["[" * 9000, "a." * 9000, "a=" + "9" * 9000])
)
def test_any_text_is_sound_or_wrong_in_one_line(tmp_path, content):
    tried(tmp_path, content)


def leaves(kind, path=()):
    """(path, type) of every key of the schema."""
    for key, one in typing.get_type_hints(kind).items():
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            yield from leaves(one, (*path, key))
        elif key not in ("checks", "sites"):
            yield (*path, key), one


LEAVES = [*leaves(Document), *((("sites", "x", *path), one) for path, one in leaves(Document.__mro__[1]))]


def nested(path, value):
    for key in reversed(path):
        value = {key: value}
    return value


@given(st.sampled_from(LEAVES), junk)
def test_a_wrong_value_is_told_with_its_key(tmp_path, leaf, value):
    path, kind = leaf
    try:
        msgspec.convert(value, kind, dec_hook=lambda _, one: Secret(one) if isinstance(one, str) else 1 / 0)
        assume(False)
    except (msgspec.ValidationError, ZeroDivisionError):
        pass
    found = tried(tmp_path, document(nested(path, value)))
    assert isinstance(found, str)
    assert ".".join(path) in found
    if isinstance(value, bool | float) and "Secret" not in str(kind):
        assert repr(value) in found


@given(st.sampled_from(LEAVES), st.data())
def test_a_key_that_is_nearly_right_leads_to_the_right_one(tmp_path, leaf, data):
    *path, key = leaf[0]
    assume(len(key) > 3)
    cut = data.draw(st.integers(1, len(key) - 2))
    wrong = data.draw(st.sampled_from([key[:cut] + key[cut + 1 :], key[:cut] + "x" + key[cut:]]))
    found = tried(tmp_path, document(nested((*path, wrong), data.draw(secret))))
    assume(isinstance(found, str) and "unknown key" in found)
    suggested = re.search(r"did you mean (\w+)\?", found)
    assert suggested, found
    likeness = difflib.SequenceMatcher(None, suggested[1], wrong).ratio()
    assert likeness >= difflib.SequenceMatcher(None, key, wrong).ratio()


@share(0.5)
@given(table(Document, without=("sites_command", "sites_folder"), sound=True))
def test_what_was_read_reads_the_same_when_it_is_written_again(tmp_path, made):
    found = read_text(tmp_path, document(made))

    def bare(one):
        return msgspec.to_builtins(one, enc_hook=lambda value: value.reveal())

    def said(value):
        return (
            {key: said(one) for key, one in value.items() if one is not None}
            if isinstance(value, dict)
            else value
        )

    again = read_text(tmp_path, document(said(bare(found))))
    assert repr(bare(again)) == repr(bare(found))  # where not a number is one


def read_text(folder, text):
    (folder / "again.toml").write_text(text)
    return read(folder / "again.toml", {})


@given(
    st.dictionaries(
        anything.map("CHECKS_{}".format)
        | st.sampled_from(
            [
                "CHECKS_DATABASE_PASSWORD",
                "CHECKS_DATABASE_PORT",
                "CHECKS_APPRISE_URLS",
                "CHECKS_ALERTS_ROUTES",
                "CHECKS_SLACK",
                "CHECKS_HOST_DISKS",
                "CHECKS_TIME_ZONE",
                "CHECKS_ALERTS_HOURS",
                "CHECKS_DEADLINE",
                "CHECKS_REDIS_CACHE",
            ]
        ),
        texts | secret,
        max_size=3,
    )
)
def test_any_variable_is_sound_or_wrong_in_one_line(tmp_path, environ):
    hidden = {
        key: one
        for key, one in environ.items()
        if re.search("PASSWORD|URLS|CACHE", key) or not SECRET.search(one)
    }
    tried(tmp_path, '[sites."x"]\n', hidden)


bench = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "db_name",
            "db_password",
            "db_port",
            "db_host",
            "db_socket",
            "db_user",
            "host_name",
            "backup_path",
            "redis_cache",
            "redis_queue",
            "webserver_port",
            "socketio_port",
            "bench_id",
            "ssl_certificate",
        ),
        plain,
    ),
)


@share(0.2)
@given(bench | plain, bench | plain)
def test_any_config_of_a_bench_is_sound_or_wrong_in_one_line(tmp_path, common, own):
    (tmp_path / "sites" / "one").mkdir(parents=True, exist_ok=True)
    (tmp_path / "sites" / "common_site_config.json").write_text(json.dumps(common))
    (tmp_path / "sites" / "one" / "site_config.json").write_text(json.dumps(own))
    tried(tmp_path, f"bench = {toml(str(tmp_path))}\n")


@share(0.1)
@given(st.binary(max_size=60) | plain.map(lambda one: json.dumps(one).encode()) | st.just(b"[" * 99_000))
def test_any_answer_of_a_command_is_sound_or_wrong_in_one_line(tmp_path, monkeypatch, printed):
    monkeypatch.undo()
    (tmp_path / "printed").write_bytes(printed)
    try:
        found = sources.from_command(["cat", str(tmp_path / "printed")])
    except SettingsError as error:
        assert str(error).isprintable()
    else:
        assert isinstance(found, dict)


@given(
    st.dictionaries(
        st.sampled_from(["info", "warning", "high", "critical"]), st.floats() | st.integers() | st.just("off")
    )
)
def test_any_override_is_refused_or_leaves_ordered_limits(limits):
    """What the plugin asks of a check is a ValueError or a check whose limits get worse with severity."""
    from fixtures.declaration import Check

    declared = Check(print, (("warning", 10.0), ("critical", 50.0)), None, False, "", False, "run", (), None)
    try:
        found = declared.overridden(settings.convert(limits, Override, "x."))
    except (ValueError, SettingsError):
        return
    values = [value for _, value in found.limits]
    assert values
    assert values == sorted(values)
