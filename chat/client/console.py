"""Reads and prints the lines of a chat: pipes and files here, terminals in chat.client.editor."""

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from typing import Protocol, Self

from chat.client.lines import Line, text_of
from chat.client.transcript import Transcript


class Console(Protocol):
    """The input and output of a chat; usable inside ``async with``."""

    is_interactive: bool  # somebody types, so lines that begin with a slash are commands
    status: str  # of the connection, for those consoles that show it

    async def __aenter__(self) -> object: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def next(self) -> str | None:
        """Return the next line without its line end; None at the end of the input."""

    def show(self, line: Line) -> None:
        """Print a message, to stdout."""

    def tell(self, line: Line) -> None:
        """Print news of the connection, to stderr."""

    def refresh(self) -> None:
        """Show what has changed of the status and of the transcript."""


def open_console(transcript: Transcript) -> Console:
    """Return a line editor if stdin is a terminal, else plain stdin."""
    if sys.stdin.isatty() and (sys.stdout.isatty() or sys.stderr.isatty()):
        from chat.client.editor import Editor  # slow to import, and rarely needed

        return Editor(transcript)
    return Plain()


class Plain:
    """Reads lines from stdin, a pipe or a file.

    A thread reads, because an event loop can't wait for a file. It uses os.read, because a thread
    that waits in sys.stdin keeps the interpreter from exiting cleanly.
    """

    is_interactive = False
    status = ""

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        # One line ahead of the reader: a file of gigabytes is not read into memory.
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: the thread ends with its loop."""

    async def next(self) -> str | None:
        return await self._lines.get()

    def show(self, line: Line) -> None:
        print(text_of(line), flush=True)

    def tell(self, line: Line) -> None:
        print(text_of(line), file=sys.stderr, flush=True)

    def refresh(self) -> None:
        """Do nothing: what is printed stays."""

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        # At exit the loop is closed or its tasks are cancelled: then this thread ends, too.
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
