"""deploy/kubernetes/ by Kubernetes' own schemas, and what its shell line does."""

import os
import subprocess

import kubernetes_validate
import pytest
import yaml

from fixtures.schema import Document, Sections
from fixtures.shard import part
from fixtures.site import names
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
VERSION = "1.31"
"""With backoffLimitPerIndex as a default; newer ones take the same."""

FILES = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))
}
JOB = FILES["cronjob.yaml"]["spec"]["jobTemplate"]["spec"]
POD = JOB["template"]["spec"]
(BOX,) = POD["containers"]


@pytest.mark.parametrize("name", FILES)
def test_kubernetes_would_take_it(name):
    kubernetes_validate.validate(FILES[name], VERSION, strict=True)


def test_a_wrong_one_would_not_be_taken():
    wrong = yaml.safe_load((FOLDER / "cronjob.yaml").read_text(encoding="utf-8"))
    wrong["spec"]["jobTemplate"]["spec"]["completionModus"] = "Indexed"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


def test_each_index_is_a_shard_and_all_of_them_are_all_sites():
    shards = int(next(one["value"] for one in BOX["env"] if one["name"] == "SHARDS"))
    assert JOB["completions"] == JOB["parallelism"] == shards
    found = names(Document(sites={f"s{n}": Sections() for n in range(37)}))
    shared = [name for n in range(shards) for name in part(f"{n}/{shards}", found)]
    assert sorted(shared) == sorted(found)


@pytest.mark.parametrize(("status", "expected"), [(0, 0), (1, 0), (2, 1), (4, 1)])
def test_the_pod_fails_when_the_suite_could_not_do_its_work(tmp_path, status, expected):
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\necho "$CHECKS_STATE" "$@"\nexit {status}\n')
    script.chmod(0o755)
    line = BOX["args"][0].replace("/opt/venv/bin/python", str(script))
    env = os.environ | {"JOB_COMPLETION_INDEX": "3", "SHARDS": "10"}
    done = subprocess.run([*BOX["command"], line], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expected
    assert done.stdout.split()[0] == "/var/lib/verenigingen-checks/3"
    assert done.stdout.split()[-2:] == ["--shard", "3/10"]


def test_it_writes_nowhere_else_and_is_nobody():
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert BOX["securityContext"]["readOnlyRootFilesystem"] is True
    assert BOX["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    written = {one["mountPath"] for one in BOX["volumeMounts"] if not one.get("readOnly")}
    assert written == {"/var/lib/verenigingen-checks", "/tmp"}
