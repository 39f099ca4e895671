"""An interactive terminal: one line is edited at the bottom, all else is printed above.

A terminal in canonical mode, where it edits lines itself, cuts them after 4,095 bytes without a
warning, and mixes arriving messages into the line that is being typed.
"""

import asyncio
import contextlib
import signal
import sys
from typing import Final, Self, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output

PROMPT: Final = "> "


class Editor:
    """A line editor with a history: arrows, Home, End and the keys of Emacs; Ctrl-D ends."""

    def __init__(self) -> None:
        self._input = create_input()
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            input=self._input,
            output=create_output(always_prefer_tty=True),
            enable_suspend=True,
        )
        # Unbounded, because people type on while offline: it holds no more than they type.
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._editing: asyncio.Task[None] | None = None
        self._taken = False  # a line has been returned that may not have been sent yet

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._editing is not None:
            self._editing.cancel()
            await asyncio.wait([self._editing])

    async def next(self) -> str | None:
        self._taken = False
        if self._editing is None:
            self._editing = asyncio.create_task(self._edit())
            self._editing.add_done_callback(lambda _: self._lines.put_nowait(None))
        line = await self._lines.get()
        if line is None:
            await self._editing  # raises the exception that ended it, if any
        self._taken = True
        return line

    async def _edit(self) -> None:
        # The terminal stays raw between two lines, so that text pasted then is not cut either.
        with self._input.raw_mode(), contextlib.suppress(EOFError):
            while True:
                try:
                    # Signals and exceptions elsewhere in this event loop are not the editor's.
                    line = await self._session.prompt_async(
                        handle_sigint=False, set_exception_handler=False
                    )
                except KeyboardInterrupt:  # Ctrl-C is only a key in raw mode; send its signal
                    signal.raise_signal(signal.SIGINT)
                    return
                self._lines.put_nowait(line)
        if self._taken or not self._lines.empty():
            self.tell("* waiting until all is sent; Ctrl-C gives up")

    def show(self, line: str) -> None:
        self._above(line, sys.stdout)

    def tell(self, line: str) -> None:
        self._above(line, sys.stderr)

    def _above(self, line: str, stream: TextIO) -> None:
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        print(line, file=stream, flush=True)
        if app.is_running:
            app.invalidate()
