"""Heartbeats: show clients that an idle stream is alive, and where the logs of its rooms end."""

import asyncio
import random
from dataclasses import dataclass
from typing import Final

from chat import log_context
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol import pushes
from chat.protocol.outgoing import Framing, Outgoing

# Heartbeats due within this span are sent in one turn. With 500 clients, a wake-up for each costs
# twice what its heartbeat does; with 10,000, a turn has some 170 heartbeats and takes 5 ms.
TURN_S: Final = 0.25
# One context for all turns: otherwise each would keep the log context of the request that began it.
_NOTHING: Final = log_context.nothing()


@dataclass(slots=True, eq=False, repr=False)
class Heartbeat:
    """The heartbeat of one reader, sent every ``every_s`` seconds."""

    reader: Reader
    every_s: float
    turn: int = 0  # the turn in which the next heartbeat is due


class Heartbeats:
    """Sends heartbeats to the readers of this instance."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._turns: dict[int, dict[Heartbeat, None]] = {}

    def start(self, reader: Reader, every_s: float) -> Heartbeat:
        """Send ``reader`` heartbeats, the first one sooner, until it is gone or ``stop``."""
        heartbeat = Heartbeat(reader, every_s)
        # Readers that attached at once, as after a restart, would all be due at once for ever.
        self._send_later(heartbeat, every_s * random.uniform(0.5, 1.0))
        return heartbeat

    def stop(self, heartbeat: Heartbeat) -> None:
        if (turn := self._turns.get(heartbeat.turn)) is not None:
            turn.pop(heartbeat, None)

    def send_cursor(self, reader: Reader) -> None:
        """Send an event stream an id that names all its rooms, as when a room is added.

        It comes with a heartbeat: simple clients take an id without an event for an empty event.
        """
        if reader.framing in (Framing.SSE, Framing.SSE_WITH_ID):
            self._send(reader)

    def send(self, reader: Reader) -> None:
        """Send a heartbeat to ``reader``, and ask it for a sign of life."""
        if ping := reader.sink.ping():
            self._hub.queue(reader, ping)
        self._send(reader)

    def _send(self, reader: Reader) -> None:
        tops = {}
        for room, shared in reader.shared_positions.items():
            epoch, offset = self._hub.rooms[room].written or shared.position
            tops[room] = f"{epoch}:{offset}"
        self._hub.send(reader, Outgoing.of_push(pushes.Heartbeat(tops=tops)))

    def _send_later(self, heartbeat: Heartbeat, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        # Rather early than late, but never in the current turn, which runs only once.
        number = heartbeat.turn = max(int((now + delay_s) / TURN_S), int(now / TURN_S) + 1)
        if (turn := self._turns.get(number)) is None:
            turn = self._turns[number] = {}
            loop.call_at(number * TURN_S, self._send_due, number, context=_NOTHING)
        turn[heartbeat] = None

    def _send_due(self, number: int) -> None:
        for heartbeat in self._turns.pop(number):
            if not heartbeat.reader.is_gone:
                self.send(heartbeat.reader)
                self._send_later(heartbeat, heartbeat.every_s)
