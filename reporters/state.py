"""The state folder: who may see it, files that are whole or not there, and one scheduled run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from fixtures import clock
from fixtures.site import state_folder as folder

__all__ = ["Busy", "folder", "lock", "prepare", "show", "sweep", "write"]

LEFT_SECONDS = 3600.0
"""How old a temporary file is that no run can still be writing."""


class Busy(Exception):
    """Another scheduled run holds the lock; the text says which."""


def prepare(path: Path) -> None:
    """Make the folder: private but for `public/`, which a web server may enter and read.

    The folder itself can be passed through (0711) and not listed; `runs/` and `log/` are 0700.
    """
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)
    for name, mode in (("runs", 0o700), ("log", 0o700), ("public", 0o755)):
        (path / name).mkdir(exist_ok=True)
        (path / name).chmod(mode)


def write(path: Path, fill: Callable[[IO[Any]], object], *, mode: int = 0o600, binary: bool = False) -> None:
    """Write a file through a temporary one beside it, so that a reader sees the old or the new whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb" if binary else "w", encoding=None if binary else "utf-8") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def show(path: Path, content: str | bytes) -> None:
    """Write a file that a web server may show, in a folder that it may enter."""
    show_parts(path, [content.encode() if isinstance(content, str) else content])


def show_parts(path: Path, parts: Iterable[bytes]) -> None:
    """The same, a piece at a time."""
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)
    write(path, lambda file: file.writelines(parts), mode=0o644, binary=True)


def lock(path: Path) -> IO[str]:
    """Hold the folder's lock until the file is closed or the process ends, however it ends.

    Raises:
        Busy: another process holds it.
        OSError: the lock file cannot be written.
    """
    file = (path / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read(20).strip()
        file.close()
        raise Busy(
            f"another scheduled run is under way (process {owner or 'unknown'}); this one ends"
        ) from None
    with contextlib.suppress(OSError):  # who holds it is a courtesy, and a full disk no reason not to run
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
    return file


def sweep(path: Path) -> None:
    """Take away what a run that was killed while it wrote has left, once it is surely nobody's."""
    for left in path.rglob(".*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < clock.now() - LEFT_SECONDS:
                left.unlink()
