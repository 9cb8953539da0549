"""A pytest plugin for a watched run: each address that its process asks for, or connects to, goes into $WATCHED."""

from __future__ import annotations

import json
import os
import sys

_file = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo" or event in ("socket.gethostbyname", "socket.gethostbyaddr"):
        told = ["name", str(arguments[0])]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        told = ["address", *map(str, address)] if isinstance(address, tuple) else ["path", str(address)]
    elif event == "subprocess.Popen":
        told = ["program", str(arguments[0])]
    else:
        return
    os.write(_file, f"{json.dumps(told)}\n".encode())


sys.addaudithook(_heard)
