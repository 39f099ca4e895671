"""The event loop of tests: it refuses what other threads ask of it, and what is left open."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from tornado.ioloop import IOLoop


class CheckedLoop(asyncio.SelectorEventLoop):
    """Raises RuntimeError where a thread that is not its own should call ``call_soon_threadsafe``.

    So does asyncio's debug mode, which unittest turns on. That also keeps the stack of each
    callback, task and future, for which tests took two to four times as long.

    Raises ResourceWarning where a test has left a connection open, in this test: Python itself
    warns when it finds the garbage, which is in any later one.
    """

    def set_debug(self, enabled: bool) -> None:
        """Leave debug mode off."""
        super().set_debug(False)

    def close(self) -> None:
        left = [] if self.is_closed() else self._open_connections()
        super().close()
        if left:
            raise ResourceWarning(f"left open: {left}")

    def _open_connections(self) -> list[Any]:
        own = self._ssock.fileno()  # by which other threads wake it
        watched = [key.fileobj for key in self._selector.get_map().values() if key.fd != own]
        # Who does not read on, since nobody takes what has come, is not watched.
        transports = [each for each in self._transports.values() if not each.is_closing()]
        tornado = IOLoop._ioloop_for_asyncio.get(self)
        streams = [handled for handled, _ in tornado.handlers.values()] if tornado else []
        return [*watched, *transports, *streams]

    def call_soon(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        self._check_thread()  # type: ignore[attr-defined]
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self._check_thread()  # type: ignore[attr-defined]
        return super().call_at(when, callback, *args, context=context)


class CheckedLoops(asyncio.DefaultEventLoopPolicy):  # type: ignore[misc, valid-type]
    """Makes all event loops of this process such loops."""

    _loop_factory = CheckedLoop
