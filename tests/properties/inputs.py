"""What is tried: texts that a site might answer, results, and values that JSON and TOML can hold."""

from __future__ import annotations

from hypothesis import strategies as st

from fixtures.declaration import SEVERITIES
from reporters.run import Result

HOSTILE = (
    "<script>alert(1)</script>",
    "'\" onload=alert(1) x='",
    "</style></title><img src=x onerror=y>",
    "&amp;&lt;&#0;&bogus;",
    "<!-- --> ]]> <![CDATA[",
    "{{7*7}}{% raw %}",
    "\x1b[31mred\x1b]0;title\x07\x1b[2J",
    "\r\nBcc: all@example.nl\r\n\r\nbody",
    "::error::x\n::set-output name=a::b",
    "%0A::warning::%25",
    "=cmd|' /C calc'!A0",
    "@SUM(1)\t-1\r+1",
    "<@U123> <!channel> <#C1|x> <https://evil.example|here>",
    "*bold* _it_ ~no~ `code` :tada: > quote",
    'a|b\\n"c"\\',
    "\u202egnp.exe\u2066\u200b\ufeff",
    "\ud800half\udfff",
    "e\u0301\U0001f469\u200d\U0001f4bb\ufffe",
    "\u2028\u2029\x85\x0b\x0c",
    "javascript:alert(1)",
    "jan@voorbeeld.invalid NL91ABNA0417164300",
    "x" * 5000,
    "\U0001f4a5" * 800,
)

anything = st.text(st.characters(exclude_categories=()), max_size=60)
"""With controls, surrogates and all."""

texts = st.one_of(
    anything,
    st.sampled_from(HOSTILE),
    st.lists(st.one_of(anything, st.sampled_from(HOSTILE)), max_size=4).map("".join),
)
written = texts.map(lambda text: text.encode("utf-8", "replace").decode())
"""Text that UTF-8 can hold: what has been through the probes."""

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
severities = st.sampled_from(SEVERITIES)
numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))

plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(10**30, 10**400),
        st.floats(),
        texts,
        st.sampled_from(["", "ok", "failing", 0, 1]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)
"""What JSON can hold."""

evidence = st.dictionaries(texts, st.one_of(texts, numbers, st.booleans()), max_size=4)


def results(text=written, name=names, site=None):
    """A result with text from outside wherever there can be some."""
    return st.builds(
        Result,
        check=name,
        site=site if site is not None else text,
        group=text,
        severity=severities,
        status=st.sampled_from(["ok", "failing", "unknown", "skipped"]),
        value=st.none() | numbers,
        limit=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        direction=st.sampled_from([None, "<=", ">="]),
        unit=text,
        reason=text,
        evidence=evidence if text is texts else st.dictionaries(text, text | numbers, max_size=4),
        observed_at=st.sampled_from([0.0, 1_790_000_000.0]),
        duration=st.floats(0, 100),
        summary=text,
        runbook=text | name.map("runbook/{}.md".format),
        every=st.sampled_from(["run", "hourly", "daily"]),
        depends_on=st.lists(name, max_size=2).map(tuple),
    )
