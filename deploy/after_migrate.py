"""An `after_migrate` hook that starts the smoke run, for a bench without a deployment pipeline.

Put it into an app of your own on the bench, and name it in that app's hooks.py:

    after_migrate = ["your_app.after_migrate.smoke"]

`bench migrate` calls it for each site while the site is still in maintenance mode and before the workers are
restarted. So it only starts the run, which waits by itself until the site is back, and returns at once; it
never fails a migration. The account of the bench needs settings of its own: state and secrets of the account
`checks` are not readable for it, and without them `--baseline new` has nothing to compare with.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import frappe

SUITE = Path("/opt/verenigingen-checks")
SETTINGS = Path("~/.config/verenigingen-checks/checks.toml")
WAIT_SECONDS = 900


def smoke() -> None:
    """Start the smoke run of this site and say where its results will be."""
    folder = Path(frappe.get_site_path("logs")).resolve()
    command = [
        str(SUITE / ".venv" / "bin" / "python"),
        *("-m", "pytest", "checks/", "-m", "smoke", "-p", "no:cacheprovider"),
        *("--site", frappe.local.site),
        *("--wait", str(WAIT_SECONDS), "--stable", "2"),
        *("--expect-version", f"verenigingen={frappe.get_attr('verenigingen.__version__')}"),
        f"--junit-xml={folder / 'smoke.xml'}",
    ]
    try:
        with (folder / "smoke.log").open("w", encoding="utf-8") as log:
            subprocess.Popen(
                command,
                cwd=SUITE,
                env=os.environ | {"CHECKS_SETTINGS": str(SETTINGS.expanduser())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        print(f"The smoke run was not started: {error}")
    else:
        print(f"The smoke run waits for the site to be back; see {folder / 'smoke.log'}")
