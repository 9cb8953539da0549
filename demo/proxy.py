"""A TCP proxy that makes a server far away, or a bad one: for tests and benchmarks.

with delayed(3306, 0.02) as port: every round trip costs 20 ms more.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from typing import Literal, TypeAlias

Mode = Literal["forward", "hang", "reset", "trickle"]
Way: TypeAlias = "asyncio.Queue[tuple[float, bytes]]"
"""Bytes under way, each with the time at which it arrives."""

CHUNK = 65536
WAIT_SECONDS = 10


class Proxy:
    """Listens on a free port and leads to the port `target`; `delay` and `mode` may change while it runs.

    `delay` is what one round trip costs more, in seconds, the one that opens a connection included; how
    much goes through at once stays as it was. Modes: `forward`; `hang` accepts and never answers; `reset`
    breaks the connection half-way in the first answer; `trickle` answers one byte a second. With `tls`
    it speaks TLS in front of a server that does not.
    """

    def __init__(
        self,
        target: int,
        *,
        delay: float = 0.0,
        mode: Mode = "forward",
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.delay = delay
        self.mode: Mode = mode
        self._target = (host, target)
        self._tls = tls
        self._listener = socket.socket()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="proxy", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Proxy:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)  # from here on a client is let in, if not yet served
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # a client that breaks a handshake is no news
        starting = asyncio.start_server(self._connected, sock=self._listener, ssl=self._tls)
        server = self._loop.run_until_complete(starting)
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._forward(reader, writer)
        except* (OSError, asyncio.CancelledError):
            pass  # one side is gone, or the proxy ends; the other side learns it from the close below
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "hang":
            while await reader.read(CHUNK):
                pass
            return
        await asyncio.sleep(self.delay)  # the round trip that opens a connection: this kernel made none
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        there: Way = asyncio.Queue(256)
        back: Way = asyncio.Queue(256)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._receive(reader, there))
                group.create_task(self._send(there, far_writer, answers=False))
                group.create_task(self._receive(far_reader, back))
                group.create_task(self._send(back, writer, answers=True))
        finally:
            far_writer.close()

    async def _receive(self, reader: asyncio.StreamReader, way: Way) -> None:
        """Bytes come in; each arrives half a round trip later, however many are under way."""
        content = b"any"
        while content:
            content = await reader.read(CHUNK)
            await way.put((self._loop.time() + self.delay / 2, content))

    async def _send(self, way: Way, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        """Bytes go out when they are due, or as the mode says; no bytes are the end."""
        while True:
            due, content = await way.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            if not content:
                if writer.can_write_eof():
                    writer.write_eof()
                else:  # TLS has no half of a connection to close
                    writer.close()
                return
            if answers and self.mode == "reset":
                writer.write(content[: len(content) // 2])
                await writer.drain()
                _reset(writer)
            elif answers and self.mode == "trickle":
                await _trickle(content, writer)
            else:
                writer.write(content)
                await writer.drain()


@contextlib.contextmanager
def delayed(port: int, seconds: float, host: str = "127.0.0.1") -> Iterator[int]:
    """Forward a free port to `port`, every round trip costing `seconds` more; gives the free port."""
    with Proxy(port, delay=seconds, host=host) as proxy:
        yield proxy.port


def _reset(writer: asyncio.StreamWriter) -> None:
    """End with RST instead of FIN, as a process that crashes or a firewall does."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


async def _trickle(content: bytes, writer: asyncio.StreamWriter) -> None:
    for byte in content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)
