"""Searches the messages that a person may read.

The index only says where to look. Each result is read from the log, by the same way and with the
same permissions as history, and is compared with the query as it is there now: so nothing that was
deleted is found, nor by a text that it no longer has, nor by somebody who may no longer read it,
however far behind the index is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.refusals import refused
from chat.errors import InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.rooms.access import is_closed
from chat.rooms.excerpts import excerpt_of, spans_of
from chat.rooms.folding import Message, fold
from chat.rooms.in_words import in_words
from chat.rooms.search import Candidate, Index, Places
from chat.rooms.search_query import Query, moment_ms, parse
from chat.rooms.words import fold as folded
from chat.service.reading import Reading
from chat.service.standings import Standings

# Somebody who looks at results while typing asks five times a second.
COST: Final = 4.0
# How often to ask the index for more, where what it found is not to be shown.
MAX_ROUNDS: Final = 5
# Rooms whose titles have what was written, to find the one that is called so.
_MOST_TITLES: Final = 100
_MAX_ID_DIGITS: Final = 19


class Result(NamedTuple):
    """A message that was found, and a part of it in words: every second piece is a match."""

    message: Message
    excerpt: Sequence[str]


class Results(NamedTuple):
    """Results, the newest first; ``before`` is where to go on, None at the end.

    ``is_complete`` is False while the index is built: there may be more.
    """

    results: Sequence[Result]
    before: str | None
    is_complete: bool


class Search:
    """Searches messages for people."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        index: Index,
        limits: Limits,
        reading: Reading,
        standings: Standings,
    ) -> None:
        self._backplane = backplane
        self._index = index
        self._limits = limits
        self._reading = reading
        self._standings = standings

    async def find(
        self,
        user: str,
        text: str,
        *,
        room: str = "",
        author: str = "",
        before: str = "",
        limit: int,
        address: str,
    ) -> Results:
        """Return up to ``limit`` messages that the query ``text`` is true of.

        They are in ``room`` and of the user ``author`` if these are given; ``before`` is a day, a
        time, or that of the results before. Nothing finds nothing.

        Raises InvalidInput, Refused ``no_such_room`` for a room that ``user`` may not read, and
        Unavailable.
        """
        self._limits.command(user, address, COST)
        query = parse(text)
        is_empty = query == Query() and not author and not room
        query, below = _before(query, before)
        if is_empty:
            return Results([], None, True)
        if author:
            query = replace(query, user=author)
        if room:
            query = replace(query, room=parse_room(room))
        elif query.room is not None:
            query = replace(query, room=await self._named(user, query.room))
        places = await self._places(user, query.room)
        return await self._find(user, query, places, below, limit)

    async def _find(
        self, user: str, query: Query, places: Places, below: int | None, limit: int
    ) -> Results:
        taken: list[tuple[Candidate, Result]] = []
        size_bytes = 0
        for _ in range(MAX_ROUNDS):
            found = await self._index.find(query, places, below=below, limit=limit + 1)
            read = [self._read(user, query, one) for one in found.candidates]
            for candidate, result in zip(
                found.candidates, await asyncio.gather(*read), strict=True
            ):
                if result is None:
                    continue
                if len(taken) == limit or size_bytes >= HISTORY_BYTES:
                    return _results(taken, taken[-1][0].id, found.is_complete)
                taken.append((candidate, result))
                size_bytes += len(result.message.text) + len(result.message.html)
            below = found.reached
            if below is None:
                break
        return _results(taken, below, found.is_complete)

    async def _read(self, user: str, query: Query, candidate: Candidate) -> Result | None:
        """Return the candidate as it is now; None if it is not to be found."""
        _, room, offset = candidate
        try:
            page = await self._reading.history(
                user, room, before=offset + 1, after=offset - 1, limit=1
            )
        except Refused:
            return None
        for message in fold(page.entries, page.reactions):
            if message.deleted or query.user not in (None, message.user):
                continue
            text = in_words(message.text, message.files)
            spans = spans_of(query.terms, text)
            if spans is not None and spans_of(query.authors, message.name) is not None:
                return Result(message, excerpt_of(text, spans))
        return None

    async def _places(self, user: str, room: str | None) -> Places:
        if room is not None:
            if not await self._reading.exists(user, room):
                raise refused(Code.NO_SUCH_ROOM, room)
            return Places(has_public=False, since={room: await self._since(user, room) or 0})
        joined = [one.room for one in await self._backplane.memberships(user)]
        since = await asyncio.gather(*(self._since(user, room) for room in joined))
        return Places(
            has_public=await self._standings.may_find_public(user),
            # Who has left a closed room meanwhile has no offset there.
            since={room: one for room, one in zip(joined, since, strict=True) if one is not None},
        )

    async def _since(self, user: str, room: str) -> int | None:
        return await self._backplane.member_since(user, room) if is_closed(room) else 0

    async def _named(self, user: str, written: str) -> str:
        """Return the room that is called so, by its name or by its title."""
        listed, _ = await self._reading.rooms(
            user, query=written, limit=_MOST_TITLES, has_details=False
        )
        titled = [one.info.room for one in listed if folded(one.settings.title) == folded(written)]
        name = written.lower()
        is_name = any(one.info.room == name for one in listed)
        return titled[0] if titled and not is_name else parse_room(name)


def _before(query: Query, before: str) -> tuple[Query, int | None]:
    """Return ``query`` with the bound ``before``, or the id below which to go on."""
    if not before:
        return query, None
    if before.isascii() and before.isdigit() and len(before) <= _MAX_ID_DIGITS:
        return query, min(int(before), 2**63 - 1)
    try:
        moment = moment_ms(before)
    except (ValueError, OverflowError):
        raise InvalidInput(
            Code.BAD_COMMAND, "before is a day as 2026-01-31, a time, or that of an answer."
        ) from None
    known = query.before_ms
    return replace(query, before_ms=moment if known is None else min(known, moment)), None


def _results(
    taken: Sequence[tuple[Candidate, Result]], before: int | None, is_complete: bool
) -> Results:
    next_ = None if before is None else str(before)
    return Results([result for _, result in taken], next_, is_complete)
