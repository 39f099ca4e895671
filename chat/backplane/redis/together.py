"""Appends drafts; the messages that a client has sent ahead to one room go in one step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from chat.backplane.records import Appended, Draft
from chat.backplane.redis.appending import Appender, marks_as_read
from chat.backplane.redis.feed import Feed
from chat.backplane.redis.memberships import Memberships
from chat.backplane.redis.seen import SeenPositions
from chat.backplane.refusals import refused
from chat.errors import ChatError
from chat.protocol.codes import Code

# What became of a draft, and how many messages there are then.
Result = tuple[Appended, int] | ChatError


@dataclass(frozen=True, kw_only=True)
class Together:
    """Appends by ``appender``, and moves read markers."""

    appender: Appender
    feed: Feed
    seen: SeenPositions
    memberships: Memberships

    async def append(self, act: str, draft: Draft) -> tuple[Appended, int]:
        """Append an entry, and move the read marker of the author of a message, as append_all."""
        (result,) = await self._append(act, [draft])
        if isinstance(result, ChatError):
            raise result
        (position, is_new), messages = result
        if is_new and marks_as_read(draft) and not self.appender.moves_markers:
            await self.memberships.mark(draft.user, draft.room, position.offset, messages)
        return result

    async def append_all(self, drafts: Sequence[Draft]) -> Sequence[Appended | ChatError]:
        """Append new messages, and move the read markers of their authors once.

        All go to Redis in one turn of the loop. In a cluster the markers are moved after that:
        raises Unavailable where one is not, and the messages are stored then.
        """
        groups = groupby(drafts, lambda draft: (draft.room, draft.user, draft.is_open))
        steps = [list(step) for _, step in groups]
        answers = await asyncio.gather(
            *(self._append("append", step) for step in steps), return_exceptions=True
        )
        results: list[Appended | ChatError] = []
        newest: dict[tuple[str, str], tuple[int, int]] = {}
        for step, answer in zip(steps, answers, strict=True):
            if isinstance(answer, ChatError):
                results += [answer] * len(step)
                continue
            if isinstance(answer, BaseException):
                raise answer
            for draft, result in zip(step, answer, strict=True):
                if isinstance(result, ChatError):
                    results.append(result)
                    continue
                appended, messages = result
                results.append(appended)
                if appended.is_new and marks_as_read(draft):
                    newest[draft.user, draft.room] = (appended.position.offset, messages)
        if not self.appender.moves_markers:
            for (user, room), (offset, messages) in newest.items():
                await self.memberships.mark(user, room, offset, messages)
        return results

    async def _append(self, act: str, drafts: Sequence[Draft]) -> list[Result]:
        room = drafts[0].room
        results: list[Result] = []
        answers = await self.appender.append(act, drafts, self.feed.seen(room))
        for code, position, is_new, messages in answers:
            if code != "ok":
                results.append(refused(Code(code), room))
                continue
            self.seen.note(room, position)
            results.append((Appended(position, is_new), messages))
        return results
