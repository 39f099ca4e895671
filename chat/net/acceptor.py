"""The open connections: counted, and so bounded that the files we need can still be opened.

A process may have so many files open, sockets among them. One that takes the last of them can't
open its log, and is told of the same waiting client by every turn of its loop. So before that
newcomers are handed to another server, that only says so: in the reserve, few at a time. The same
server tells those whose address has too many.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from chat.clock import Clock
from chat.net import socket_options
from chat.net.admission import Capacity
from chat.net.per_address import PerAddressLimit
from chat.net.scoreboard import Share

log: Final = logging.getLogger(__name__)

# Those told that we are full, at a time: a part of chat.net.open_files.RESERVED.
REFUSED_AT_ONCE: Final = 50
# Accepts a turn; others have their turn after that.
_BATCH: Final = 128
# The most that a listening socket's queue may hold, unless Linux is told otherwise.
_QUEUED: Final = 4096
# No descriptors or memory left, in this process or in the system (accept(2)).
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# Nobody tells when the system has room again for a socket.
_PAUSE_S: Final = 1.0
# How long a worker leaves who comes to those that serve fewer: each is woken within a millisecond.
# One of them may be frozen, so what is left in the queue then is taken, some at a time.
_YIELD_S: Final = 0.005
_YIELDED_BATCH: Final = 32

Serve = Callable[[socket.socket], object]


class Acceptor:
    """Accepts, and hands each connection to who serves it, or to who says that we are full."""

    def __init__(
        self,
        capacity: Capacity,
        per_address: PerAddressLimit,
        clock: Clock,
        share: Share | None = None,
    ) -> None:
        """``share`` is ours of those who come to the port, where other workers serve it, too."""
        self.count = 0  # that are served
        self._share = share
        self._yielding: asyncio.TimerHandle | None = None
        self._capacity = capacity
        self._per_address = per_address
        self._clock = clock
        self._listeners: Sequence[socket.socket] = ()
        self._is_accepting = False
        self._pause: asyncio.TimerHandle | None = None
        self._none = asyncio.Event()  # nobody is served; only of interest in the end
        self._refusing = 0  # now
        self._refused = 0  # since we are full
        self.refused = 0  # ever, since there was no room
        self.crowded = 0  # refused for their address

    @property
    def why_full(self) -> str | None:
        """Why newcomers are refused; None: they are not."""
        return self._capacity.reason

    def is_crowd(self, address: str) -> bool:
        """Return whether newcomers from ``address`` are refused because of those it has."""
        return self._per_address.is_full(address)

    def listen(self, listeners: Sequence[socket.socket], *, serve: Serve, refuse: Serve) -> None:
        """Accept from now on. ``refuse`` must be done with a connection within seconds."""
        self._listeners, self._serve, self._refuse = listeners, serve, refuse
        for listener in listeners:
            socket_options.bound(listener)
        if self._share is not None:
            self._share.note(self.count)
        self._accept_on()

    def serve_by(self, serve: Serve) -> None:
        """Have those who come from now on served by ``serve``."""
        self._serve = serve

    def stop(self) -> None:
        """Accept those who wait, and nobody after them; the open connections stay so."""
        for listener in self._listeners:  # closing it would reset those in its queue
            self._accept(listener, at_most=_QUEUED, is_ours=True)
        self._accept_no_more()
        if self._share is not None:
            self._share.note(None)
        if self._yielding is not None:
            self._yielding.cancel()
        if self._pause is not None:
            self._pause.cancel()
        for listener in self._listeners:
            listener.close()
        self._listeners = ()

    def _accept_on(self) -> None:
        if not self._is_accepting:
            self._is_accepting = True
            for listener in self._listeners:
                asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept_no_more(self) -> None:
        if self._is_accepting:
            self._is_accepting = False
            for listener in self._listeners:
                asyncio.get_running_loop().remove_reader(listener)

    async def until_none(self, *, within_s: float) -> None:
        """Return when nobody is served any more, or ``within_s`` are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._none.wait()

    def _yield(self) -> None:
        """Leave those who come to other workers for a moment."""
        loop = asyncio.get_running_loop()
        for listener in self._listeners:
            loop.remove_reader(listener)
        self._yielding = loop.call_later(_YIELD_S, self._go_on)

    def _go_on(self) -> None:
        for listener in self._listeners:
            self._accept(listener, at_most=_YIELDED_BATCH, is_ours=True)
        if self._is_accepting:
            self._is_accepting = False
            self._accept_on()

    def _accept(
        self, listener: socket.socket, *, at_most: int = _BATCH, is_ours: bool = False
    ) -> None:
        """Accept those who wait; not ``is_ours`` where another worker serves fewer."""
        for _ in range(at_most):
            if not self._is_accepting:
                return
            if not is_ours and self._share is not None and self._share.is_ahead(self.count):
                self._yield()
                return
            try:
                connection, peer = listener.accept()
            except OSError as error:  # nobody waits, or who did has gone
                if error.errno in _EXHAUSTED:
                    self._rest(error)
                return
            self._take(connection, _address(peer))

    def _take(self, connection: socket.socket, address: str) -> None:
        was_full, now = self.why_full, self._clock.monotonic()
        is_admitted = self._capacity.admits(connection.fileno(), count=self.count, now=now)
        self._tell(was_full)
        if is_admitted and self._per_address.join(address):
            self.count += 1
            if self._share is not None:
                self._share.note(self.count)
            self._none.clear()
            self._serve(_telling(connection, partial(self._left, address)))
            return
        if is_admitted:
            self.crowded += 1
            if self._refusing >= REFUSED_AT_ONCE // 2:  # nobody else is to wait for this crowd
                connection.close()
                return
        else:
            self.refused += 1
            self._refused += 1
        self._refusing += 1
        if self._refusing == REFUSED_AT_ONCE:  # the others wait in the system's queue
            self._accept_no_more()
        self._refuse(_telling(connection, self._refused_left))

    def _left(self, address: str) -> None:
        self._per_address.leave(address)
        self.count -= 1
        if self._share is not None and self._listeners:
            self._share.note(self.count)
        if self.count == 0:
            self._none.set()
        was_full = self.why_full
        self._capacity.left(count=self.count)
        self._tell(was_full)

    def _refused_left(self) -> None:
        self._refusing -= 1
        if self._listeners:
            self._accept_on()

    def _rest(self, error: OSError) -> None:
        """Accept no more for a moment: else every turn would try again and fail."""
        if (was_full := self.why_full) is None:
            reason = f"No connection can be accepted: {error.strerror}."
            self._capacity.fill(reason, count=self.count, now=self._clock.monotonic())
            self._tell(was_full)
        self._accept_no_more()
        self._pause = asyncio.get_running_loop().call_later(_PAUSE_S, self._accept_on)

    def _tell(self, was_full: str | None) -> None:
        """Log that we are full, or no more, if that is news."""
        if was_full is None and self.why_full is not None:
            self._refused = 0
            log.warning(
                "Full with %d connections, newcomers get 503: %s", self.count, self.why_full
            )
        elif was_full is not None and self.why_full is None:
            log.info(
                "There is room again, with %d connections; %d newcomers got 503",
                self.count,
                self._refused,
            )


class _Socket(socket.socket):
    """Tells when its descriptor is free again, whoever has carried it."""

    on_free: Callable[[], None] | None = None

    def close(self) -> None:
        super().close()
        on_free, self.on_free = self.on_free, None
        if on_free is not None:
            on_free()


def _address(peer: Any) -> str:
    """Return the address of who was accepted; a Unix socket's has none."""
    return peer[0] if isinstance(peer, tuple) else ""


def _telling(connection: socket.socket, on_free: Callable[[], None]) -> _Socket:
    # Else the constructor would ask the kernel for the first three.
    kind = connection.family, connection.type, connection.proto
    telling = _Socket(*kind, fileno=connection.detach())
    telling.setblocking(False)
    telling.on_free = on_free
    return telling
