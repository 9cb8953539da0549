"""The reference page of the settings, made from their schema and from checks.example.toml."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import NODEFAULT, Meta
from msgspec.structs import fields

from fixtures.catalogue import CHECKS
from fixtures.schema import Document, Duration, Override, Secret, Section, Sections

EXAMPLE = CHECKS.parent / "checks.example.toml"
MADE = "<!-- made by `make generate` from the code: change that, not this -->"

SETTINGS = f"""# Settings

{MADE}

`checks.example.toml` says what each key is for; here is what it may be. The file is the one of `--settings`,
else of `CHECKS_SETTINGS`, else `./checks.toml`, else `/etc/verenigingen-checks/checks.toml`.

- A *time* is a number with s, m, h or d: `30s`, `5m`, `4h`, `7d`.
- A *secret* is never printed. It can stand in a file of its own: the key that ends in `_file`.
- Tables marked *per site* may stand below `[sites."NAME"]` too and hold for that site alone.
- A single value can come from the environment, which goes before the file: section and key in capitals, as in
  `CHECKS_DATABASE_PASSWORD`.

## Outside any table"""


def cell(text: str) -> str:
    """Text that stays in its column."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table after an empty line."""
    names = [*head]
    yield from ("", f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}")
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


class Said(NamedTuple):
    """What the example file says of one key."""

    value: str
    note: str


def example(text: str) -> dict[str, Said]:
    """Key with its section -> the value in the example file, and the comment behind or above it."""
    found: dict[str, Said] = {}
    section, above = "", ""
    for line in text.splitlines():
        if head := re.match(r"#? ?\[\[?([\w.\"-]+)\]\]?", line):
            section, above = re.sub(r'^sites\..*"\.?', "sites.", head[1]).strip(".") + ".", ""
        elif told := re.match(r"# (\w+) = (.+?)(?: +# (.*))?$", line):
            found.setdefault(section + told[1], Said(told[2], told[3] or above))
            above = ""
        else:
            above = f"{above} {line[2:]}".strip() if line.startswith("# ") else ""
    return found


def kind(hint: Any) -> str:
    """A type in words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return "time" if hint == Duration else _bounded(arguments)
    if origin is typing.Literal:
        return " or ".join(f"`{one}`" for one in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind(one) for one in arguments if one is not type(None))
    if origin in (list, tuple):
        return f"list of {'tables' if _section(arguments[0]) else kind(arguments[0])}"
    words = {bool: "true or false", str: "text", float: "number", int: "number", Secret: "secret"}
    return words.get(hint, "table")


def _bounded(arguments: tuple[Any, ...]) -> str:
    meta = next(one for one in arguments if isinstance(one, Meta))
    return f"number, {meta.ge if meta.ge is not None else f'above {meta.gt:g}'} to {meta.le}"


def value(default: object, said: str) -> str:
    """A key's default, or where it has none what the example file says."""
    if isinstance(default, str | bool | int) and default != "":
        return f"`{str(default).lower() if isinstance(default, bool) else default}`"
    if isinstance(default, tuple) and default:
        return f"`{[*default]}`".replace("'", '"')
    return f"`{said}`" if said else "-"


def settings() -> str:
    """Every key of the settings file."""
    said = example(EXAMPLE.read_text(encoding="utf-8"))
    hints = typing.get_type_hints(Document, include_extras=True)
    top = {name for name, hint in hints.items() if not _section(hint)} - {"sites", "checks"}
    text = [SETTINGS, *_keys(Document, "", said, top)]
    for name in (field.name for field in fields(Document) if _section(hints[field.name])):
        site = ", per site" if name in Sections.__struct_fields__ else ""
        text += ["", f"## [{name}]{site}", *_table(hints[name], f"{name}.", said)]
        for key, hint in typing.get_type_hints(hints[name]).items():
            inner = [one for one in typing.get_args(hint) if _section(one)]
            for one in inner:
                text += ["", f"### [[{name}.{key}]]", *_table(one, f"{name}.{key}.", said)]
    text += ["", "## [checks.NAME], per site", *_table(Override, "checks.", said)]
    text += ["", '## [sites."NAME"]', "", "A site by its name: the tables marked *per site*, and"]
    return "\n".join([*text, *_keys(Sections, "sites.", said, {"enabled", "time_zone"})]) + "\n"


def _section(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Section)


def _table(of: type[Section], where: str, said: dict[str, Said]) -> Iterator[str]:
    yield from ("", " ".join((of.__doc__ or "").split()))
    yield from _keys(of, where, said)


def _keys(
    of: type[Section], where: str, said: dict[str, Said], only: Iterable[str] | None = None
) -> Iterator[str]:
    """The rows of a table's keys; those of `checks.` stand at any check in the example file."""
    rows, hints = [], typing.get_type_hints(of, include_extras=True)
    by_any = {re.sub(r"^checks\.\w+\.", "checks.", key): one for key, one in reversed(said.items())}
    for field in fields(of):
        if only is None or field.name in only:
            told = by_any.get(where + field.name, Said("", ""))
            needed = field.default is NODEFAULT and field.default_factory is NODEFAULT
            note = "; ".join(filter(None, ["must be given" if needed else "", told.note]))
            rows.append((f"`{field.name}`", kind(hints[field.name]), value(field.default, told.value), note))
    yield from table(("key", "what", "default or example", "note"), rows)
