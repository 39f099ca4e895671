"""Answers a repeated poll without attaching again.

A poll on the usual path is fully checked, attaches, and is answered. The same client's next poll
differs from it in nothing that matters, except in its cursor. If that cursor is the one of the last
answer, and nothing has happened in between except pushes in the reader's rooms, the request is
known to be valid, and the parked reader resumes. That takes a fraction of the time. All other polls
take the usual path, chat.transports.longpoll.
"""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Final
from urllib.parse import unquote

from chat.http.messages import Header
from chat.http.tornado_adapter import RequestResponseCycle
from chat.transports.given import GivenCursors
from chat.transports.held_poll import HeldPoll

_CURSOR: Final = "cursor="
# The headers that decide about a poll: who sends it (chat.requests.caller) and from which page
# (chat.http.origin). Others may change, as routers add some to each request.
_DECISIVE: Final = frozenset({
    b"authorization", b"cookie", b"host", b"origin", b"sec-fetch-dest", b"sec-fetch-site",
})  # fmt: skip


class NextPolls:
    """Holds the expected polls, by all that decides about them except the cursor."""

    is_free = True  # a client sends one for each answer

    def __init__(self) -> None:
        self.answered = 0  # polls, on this path
        self._polls: dict[Hashable, HeldPoll] = {}
        self.given = GivenCursors()

    def answer(self, cycle: RequestResponseCycle) -> bool:
        """Hold the poll until there are pushes, or return False if it is not expected."""
        if (repeatable := repeatable_part(cycle)) is None:
            return False
        key, cursor = repeatable
        poll = self._polls.get(key)
        if poll is None:
            return False
        cursor = unquote(cursor)
        if not poll.resume(cycle, cursor):
            if poll.is_awaited(cursor):  # it continues, but on the usual path
                now, session = asyncio.get_running_loop().time(), poll.attachment.session.id
                self.given.give(session, cursor, now=now)
            return False
        self.answered += 1
        return True

    def expect(self, cycle: RequestResponseCycle, poll: HeldPoll) -> None:
        """Expect a repetition of the repeatable poll in ``cycle``, which ``poll`` has answered."""
        repeatable = repeatable_part(cycle)
        assert repeatable is not None
        key, _ = repeatable
        self._polls[key] = poll

        def forget() -> None:
            if self._polls.get(key) is poll:
                del self._polls[key]

        poll.attachment.on_gone = forget

    def __len__(self) -> int:
        return len(self._polls)


def repeatable_part(cycle: RequestResponseCycle) -> tuple[Hashable, str] | None:
    """Return the parts of a poll that decide about it: its cursor last, as in the query.

    None if it can't be repeated with another cursor.
    """
    request = cycle.request
    target = request.target
    begin = target.find(_CURSOR) + len(_CURSOR)
    if begin < len(_CURSOR) or request.method != "GET" or request.version != "1.1" or request.body:
        return None
    end = target.find("&", begin)
    if end < 0:
        end = len(target)
    client = cycle.context
    decisive = request.headers.found(_decisive)
    key = (target[:begin], target[end:], client.remote_ip, client.protocol, decisive)
    return key, target[begin:end]


def _decisive(headers: Sequence[Header]) -> Hashable:
    return tuple(field for field in headers if field[0].lower() in _DECISIVE)


def is_repeatable(cycle: RequestResponseCycle, cursor: str) -> bool:
    """Return whether ``repeatable_part`` finds exactly ``cursor``, and finds it once."""
    part = repeatable_part(cycle)
    return (
        part is not None and cycle.request.target.count(_CURSOR) == 1 and unquote(part[1]) == cursor
    )
