"""Appends the messages that a client has sent ahead: they go to Redis in one turn of the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from chat.backplane.records import Appended, Draft
from chat.backplane.redis.memberships import Memberships
from chat.errors import ChatError


async def append_together(
    drafts: Sequence[Draft],
    append: Callable[[Draft], Awaitable[tuple[Appended, int]]],
    memberships: Memberships,
) -> Sequence[Appended | ChatError]:
    """``append`` each of ``drafts``, and move the read markers of their authors once.

    ``append`` also returns how many messages there are then. Raises Unavailable where a marker is
    not moved; the messages are stored then.
    """
    answers = await asyncio.gather(*map(append, drafts), return_exceptions=True)
    results: list[Appended | ChatError] = []
    newest: dict[tuple[str, str], tuple[int, int]] = {}
    for draft, answer in zip(drafts, answers, strict=True):
        if isinstance(answer, ChatError):
            results.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            appended, messages = answer
            results.append(appended)
            if appended.is_new and not draft.is_open:
                newest[draft.user, draft.room] = (appended.position.offset, messages)
    for (user, room), (offset, messages) in newest.items():
        await memberships.mark(user, room, offset, messages)
    return results
