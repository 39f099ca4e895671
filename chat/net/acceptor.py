"""Accepts connections, and caps them so that other files can still be opened.

A process may have a limited number of files open, including sockets. A process that uses up the
last of them can't open its log, and its event loop wakes up every turn for the same waiting client.
So before that point new connections go to another server that only refuses them: it uses the
reserved descriptors, a few at a time. The same server refuses clients whose address has too many.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

from chat.clock import Clock
from chat.net import socket_options
from chat.net.admission import Capacity
from chat.net.per_address import PerAddressLimit
from chat.net.scoreboard import Share

log: Final = logging.getLogger(__name__)

# How many connections are being refused at a time: a part of chat.net.open_files.RESERVED.
REFUSED_AT_ONCE: Final = 50
# Accepts in one turn of the event loop; then other callbacks run.
_BATCH: Final = 128
# The most that a listening socket's queue holds by default on Linux.
_QUEUED: Final = 4096
# No descriptors or memory left, in this process or in the system (accept(2)).
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# The system does not notify us when a socket can be opened again, so retry.
_PAUSE_S: Final = 1.0
# How long a worker leaves new clients to workers that serve fewer: each wakes within a millisecond.
# One of them may be frozen, so whatever is left in the queue afterwards is accepted in batches.
_YIELD_S: Final = 0.005
_YIELDED_BATCH: Final = 32

Serve = Callable[[socket.socket], object]


class _Door(NamedTuple):
    """What becomes of the connections to one port."""

    serve: Serve
    refuse: Serve


class Acceptor:
    """Accepts connections, and passes each to ``serve``, or to ``refuse`` if there is no room."""

    def __init__(
        self,
        capacity: Capacity,
        per_address: PerAddressLimit,
        clock: Clock,
        share: Share | None = None,
    ) -> None:
        self.count = 0  # connections being served
        self._share = share
        self._yielding: asyncio.TimerHandle | None = None
        self._capacity = capacity
        self._per_address = per_address
        self._clock = clock
        self._doors: dict[socket.socket, _Door] = {}  # by listener
        self._is_accepting = False
        self._pause: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()  # no connection is served; only needed at shutdown
        self._refusing = 0  # being refused now
        self._refused = 0  # since we became full
        self.refused = 0  # in total, for lack of room
        self.refused_by_address = 0  # in total, because of their address

    @property
    def why_full(self) -> str | None:
        return self._capacity.reason

    def is_address_full(self, address: str) -> bool:
        """Return whether ``address`` has too many connections, so that new ones are refused."""
        return self._per_address.is_full(address)

    def listen(self, listeners: Sequence[socket.socket], *, serve: Serve, refuse: Serve) -> None:
        """Start to accept, here too. ``refuse`` must close each connection within seconds.

        Called again with the same listeners, it passes the connections accepted from now on to
        ``serve``.
        """
        for listener in listeners:
            socket_options.bound(listener)
            self._doors[listener] = _Door(serve, refuse)
        if self._share is not None:
            self._share.note(self.count)
        self._stop_accepting()  # then there are readers for these, too
        self._start_accepting()

    def stop(self) -> None:
        """Accept the clients in the queue and none after them; connections stay open."""
        for listener in self._doors:  # closing it would reset those in its queue
            self._accept(listener, at_most=_QUEUED, is_ours=True)
        self._stop_accepting()
        if self._share is not None:
            self._share.note(None)
        if self._yielding is not None:
            self._yielding.cancel()
        if self._pause is not None:
            self._pause.cancel()
        for listener in self._doors:
            listener.close()
        self._doors = {}

    def _start_accepting(self) -> None:
        if not self._is_accepting:
            self._is_accepting = True
            for listener in self._doors:
                asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _stop_accepting(self) -> None:
        if self._is_accepting:
            self._is_accepting = False
            for listener in self._doors:
                asyncio.get_running_loop().remove_reader(listener)

    async def wait_until_idle(self, *, within_s: float) -> None:
        """Return when no connection is served any more, or after ``within_s`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._idle.wait()

    def _yield(self) -> None:
        loop = asyncio.get_running_loop()
        for listener in self._doors:
            loop.remove_reader(listener)
        self._yielding = loop.call_later(_YIELD_S, self._resume_accepting)

    def _resume_accepting(self) -> None:
        for listener in self._doors:
            self._accept(listener, at_most=_YIELDED_BATCH, is_ours=True)
        if self._is_accepting:
            self._is_accepting = False
            self._start_accepting()

    def _accept(
        self, listener: socket.socket, *, at_most: int = _BATCH, is_ours: bool = False
    ) -> None:
        """Accept queued clients; unless ``is_ours``, yield to a worker that serves fewer."""
        for _ in range(at_most):
            if not self._is_accepting:
                return
            if not is_ours and self._share is not None and self._share.is_ahead(self.count):
                self._yield()
                return
            try:
                connection, peer = listener.accept()
            except OSError as error:  # the queue is empty, or the client has gone
                if error.errno in _EXHAUSTED:
                    self._pause_accepting(error)
                return
            self._admit(connection, _address(peer), self._doors[listener])

    def _admit(self, connection: socket.socket, address: str, door: "_Door") -> None:
        was_full, now = self.why_full, self._clock.monotonic()
        is_admitted = self._capacity.admits(connection.fileno(), count=self.count, now=now)
        self._log_change(was_full)
        if is_admitted and self._per_address.join(address):
            self.count += 1
            if self._share is not None:
                self._share.note(self.count)
            self._idle.clear()
            door.serve(_notifying(connection, partial(self._left, address)))
            return
        if is_admitted:
            self.refused_by_address += 1
            if self._refusing >= REFUSED_AT_ONCE // 2:  # keep room to refuse other clients
                connection.close()
                return
        else:
            self.refused += 1
            self._refused += 1
        self._refusing += 1
        if self._refusing == REFUSED_AT_ONCE:  # the others wait in the system's queue
            self._stop_accepting()
        door.refuse(_notifying(connection, self._refused_left))

    def _left(self, address: str) -> None:
        self._per_address.leave(address)
        self.count -= 1
        if self._share is not None and self._doors:
            self._share.note(self.count)
        if self.count == 0:
            self._idle.set()
        was_full = self.why_full
        self._capacity.left(count=self.count)
        self._log_change(was_full)

    def _refused_left(self) -> None:
        self._refusing -= 1
        if self._doors:
            self._start_accepting()

    def _pause_accepting(self, error: OSError) -> None:
        """Stop accepting for a moment, or every turn of the loop would retry and fail."""
        if (was_full := self.why_full) is None:
            reason = f"No connection can be accepted: {error.strerror}."
            self._capacity.fill(reason, count=self.count, now=self._clock.monotonic())
            self._log_change(was_full)
        self._stop_accepting()
        self._pause = asyncio.get_running_loop().call_later(_PAUSE_S, self._start_accepting)

    def _log_change(self, was_full: str | None) -> None:
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
    """Calls ``on_free`` when its descriptor is free again, whichever code closed it."""

    on_free: Callable[[], None] | None = None

    def close(self) -> None:
        super().close()
        on_free, self.on_free = self.on_free, None
        if on_free is not None:
            on_free()


def _address(peer: Any) -> str:
    """Return the peer's IP address; empty for a Unix socket."""
    return peer[0] if isinstance(peer, tuple) else ""


def _notifying(connection: socket.socket, on_free: Callable[[], None]) -> _Socket:
    # Passing these saves the system calls by which the constructor would find them.
    kind = connection.family, connection.type, connection.proto
    notifying = _Socket(*kind, fileno=connection.detach())
    notifying.setblocking(False)
    notifying.on_free = on_free
    return notifying
