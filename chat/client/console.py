"""Where lines come from and go to: a pipe or a file here, a terminal in chat.client.editor."""

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from typing import Protocol, Self


class Console(Protocol):
    """What a chat reads its lines from, and prints to. In use between entering and leaving."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def next(self) -> str | None:
        """Return the next line without its end; None where there is none any more."""

    def show(self, line: str) -> None:
        """Print a message, to stdout."""

    def tell(self, line: str) -> None:
        """Print news of the connection, to stderr."""


def open_console() -> Console:
    """Return a line editor where somebody sits at a terminal, else stdin as it comes."""
    if sys.stdin.isatty() and (sys.stdout.isatty() or sys.stderr.isatty()):
        from chat.client.editor import Editor  # it takes its time, and few need it

        return Editor()
    return Plain()


class Plain:
    """Lines from stdin as they come, be it a pipe or a file.

    Read in a thread, as a file can't be waited for; with os.read, as a thread that waits in
    sys.stdin keeps the interpreter from ending in peace.
    """

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        # One line ahead of the reader: a file of gigabytes stays where it is.
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is left to do: the thread ends with its loop."""

    async def next(self) -> str | None:
        return await self._lines.get()

    def show(self, line: str) -> None:
        print(line, flush=True)

    def tell(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        # The loop is gone, or its tasks are, when we are to end: so are we then.
        with contextlib.suppress(RuntimeError, asyncio.CancelledError, OSError):
            while data := os.read(self._fd, 1 << 16):
                *lines, rest = (rest + decoder.decode(data)).split("\n")
                for line in lines:
                    self._put(line.removesuffix("\r"))
            if rest:
                self._put(rest)
            self._put(None)

    def _put(self, line: str | None) -> None:
        asyncio.run_coroutine_threadsafe(self._lines.put(line), self._loop).result()
