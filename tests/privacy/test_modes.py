"""A file with secrets that everybody can read is named in each run, once, with its mode and the mend; no other is."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.drills.world import small

CHECK = "@check(lambda site: 1.0, unit='m', critical=5)\ndef test_level(value, limit):\n    '''x'''\n    assert value <= limit\n"


@pytest.fixture
def public():
    """A project in a folder that everybody may enter, which pytest's own are not."""
    before = os.umask(0o022)  # a developer's may be stricter
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    made = Project(folder)
    made.checks(CHECK)
    yield made
    shutil.rmtree(folder)
    os.umask(before)


def warned(project: Project, *arguments: str) -> list[str]:
    outcome = project.run("checks", "-q", *arguments)
    assert outcome.status == 0, outcome.text
    return [" ".join(one.split()) for one in re.findall(r"^warning: .*(?:\n  .*)*", outcome.text, re.M)]


def test_open_files_with_secrets_are_named_once(public):
    folder = public.folder
    settings, password = folder / "checks.toml", folder / "password"
    password.write_text("hunter2-hunter2")
    (folder / "bench" / "sites" / "one.test").mkdir(parents=True)
    common = folder / "bench" / "sites" / "common_site_config.json"
    own = folder / "bench" / "sites" / "one.test" / "site_config.json"
    common.write_text("{}")
    own.write_text(json.dumps({"db_name": "x", "db_password": "hunter2"}))
    text = f'bench = "{folder / "bench"}"\n[mail]\npassword_file = "{password}"\n'
    text += 'host = "h"\nuser = "u"\nsender = "a@b.nl"\nto = ["a@b.nl"]\n'
    public.settings(text)
    files = (settings, password, common, own)
    for path in files:
        path.chmod(0o644)
    # In the settings themselves there is none.
    assert warned(public) == [
        f"warning: everybody can read {path}, which holds secrets (mode 644): chmod 640 {path}"
        for path in sorted((common, own, password))
    ]
    assert len(warned(public, "--publish", "-vv")) == 3
    public.settings(f'{text}[webhook]\nurl = "http://127.0.0.1:1/x"\n')
    assert any(str(settings) in line for line in warned(public))
    password.chmod(0o666)
    (line,) = [line for line in warned(public) if str(password) in line]
    assert (
        line
        == f"warning: everybody can change {password}, which holds secrets (mode 666): chmod 640 {password}"
    )
    for path in files:
        path.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(path, 0, 1)  # root:checks, as it should be
    assert warned(public) == []


def test_a_file_of_a_site_and_what_a_closed_folder_guards(public):
    sites = public.folder / "sites.d"
    sites.mkdir(mode=0o755)
    one = sites / "two.test.toml"
    one.write_text('[database]\nname = "x"\nuser = "u"\npassword = "hunter2-hunter2"\n')
    (sites / "three.test.toml").write_text('[web]\nurl = "http://127.0.0.1:1"\n')
    public.settings(f'sites_folder = "{sites}"\n')
    for path in (*sites.iterdir(), public.folder / "checks.toml"):
        path.chmod(0o644)
    assert warned(public) == [
        f"warning: everybody can read {one}, which holds secrets (mode 644): chmod 640 {one}"
    ]
    sites.chmod(0o750)
    assert warned(public) == []


LEAKING = """
from pathlib import Path

@check(lambda site: 1.0, unit="m", critical=0)
def test_full(value, limit, request):
    '''x'''
    from fixtures.session import DOCUMENT
    Path("state/public/left").write_text(request.config.stash[DOCUMENT].serve.token.reveal())
    assert value <= limit
"""


def test_a_drill_sees_what_a_run_leaves(tmp_path):
    with small(tmp_path, LEAKING) as world, pytest.raises(AssertionError, match=r"came out.*public/left"):
        world.run()
