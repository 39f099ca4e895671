"""Renders texts, those with code in a thread: the event loop goes on meanwhile."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from chat.rooms.markup import has_code, render

# Some tens of milliseconds of work; what comes on top is shown without colours.
MAX_WAITING: Final = 16


class Renderer:
    """Renders the texts of messages. Its thread ends when nothing refers to it any more."""

    def __init__(self) -> None:
        # One: two would wait for Python's lock as long.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="code")
        self._waiting = 0

    async def render(self, text: str) -> str:
        """Return ``text`` as safe HTML. Cancelling is safe."""
        if not has_code(text):
            return render(text)
        if self._waiting >= MAX_WAITING:
            return render(text, is_highlighted=False)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, render, text)
        finally:
            self._waiting -= 1
