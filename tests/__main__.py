"""`python -m tests [PYTEST ARGUMENTS]`: run the tests so that nothing of them stays behind.

What they and their servers write goes into one temporary folder, which is removed at the end, however that
comes. `pytest tests/...` by hand keeps the folders of what failed, as pytest does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
USUAL = ("-p", "timeout", "-q", "-rfEs", "-W", "error", "-o", "tmp_path_retention_policy=failed")


def main(arguments: list[str]) -> int:
    """pytest's exit status."""
    places = [one for one in arguments if not one.startswith("-") and (ROOT / one).exists()]
    # A shell has what it starts behind `&` ignore it, and what that starts as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "pytest", *USUAL, *([] if places else ["tests"]), *arguments]
    with (
        tempfile.TemporaryDirectory(prefix="test-", ignore_cleanup_errors=True) as folder,
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TMPDIR": folder}) as process,
    ):
        Path(folder).chmod(0o711)  # tests run the suite as other accounts, which must come through
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: process.send_signal(signal.SIGINT))
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the terminal has interrupted pytest too, which ends by itself
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
