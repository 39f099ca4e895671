"""An interactive terminal: one line is edited at the bottom, all else is printed above.

A terminal in canonical mode, where it edits lines itself, cuts them after 4,095 bytes without a
warning, and mixes arriving messages into the line that is being typed.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterable
from typing import Final, Self, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.input import create_input
from prompt_toolkit.output import create_output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from chat.client.completion import suggest
from chat.client.lines import Line, news, printable
from chat.client.transcript import Transcript

PROMPT: Final = "> "
# The colours of the terminal's own palette, which its owner has made readable.
STYLE: Final = Style.from_dict(
    {
        "time": "ansibrightblack", "number": "ansibrightblack", "quote": "ansibrightblack",
        "news": "italic", "me": "bold", "mention": "bold ansiyellow",
        "name-0": "bold ansired", "name-1": "bold ansigreen", "name-2": "bold ansiblue",
        "name-3": "bold ansimagenta", "name-4": "bold ansicyan", "name-5": "bold ansibrightred",
    }
)  # fmt: skip


class _Completer(Completer):
    """Completes what is before the cursor."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript

    def get_completions(self, document: Document, _: CompleteEvent) -> Iterable[Completion]:
        for one in suggest(document.text_before_cursor, self._transcript):
            yield Completion(
                one.text,
                -one.replaces,
                display=printable(one.text.strip()),
                display_meta=one.help,
            )


class Editor:
    """A line editor with a history: arrows, Home, End and the keys of Emacs; Ctrl-D ends.

    Below the line, a bar shows the connection, the room, and what is unread elsewhere.
    """

    is_interactive = True

    def __init__(self, transcript: Transcript) -> None:
        self.status = ""
        self._transcript = transcript
        self._input = create_input()
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            input=self._input,
            output=create_output(always_prefer_tty=True),
            enable_suspend=True,
            # What was written is shown when it is in the room, like what others write.
            erase_when_done=True,
            completer=_Completer(transcript),
            complete_while_typing=False,
            bottom_toolbar=self._bar,
        )
        self._outputs = {
            stream: create_output(stdout=stream) for stream in (sys.stdout, sys.stderr)
        }
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
            self.tell(news("waiting until all is sent; Ctrl-C gives up"))

    def show(self, line: Line) -> None:
        self._above(line, sys.stdout)

    def tell(self, line: Line) -> None:
        self._above(line, sys.stderr)

    def refresh(self) -> None:
        self._session.app.invalidate()

    def _bar(self) -> str:
        waiting = self._lines.qsize() + self._taken
        unread = [f"{room} {count}" for room, count in self._transcript.unread.items()]
        parts = [
            f"#{self._transcript.room}",
            self.status,
            f"{waiting} not yet sent" if waiting else "",
            f"unread: {', '.join(unread)}" if unread else "",
        ]
        return " " + " · ".join(printable(part) for part in parts if part)

    def _above(self, line: Line, stream: TextIO) -> None:
        app = self._session.app
        if app.is_running:
            app.renderer.erase()
        pieces = FormattedText([(f"class:{style}" if style else "", text) for style, text in line])
        print_formatted_text(self._outputs[stream], [*pieces, ("", "\n")], STYLE)
        stream.flush()
        if app.is_running:
            app.renderer.request_absolute_cursor_position()  # without it, there is no bar
            app.invalidate()
