"""Acts in rooms that change records: who did it and when, and the audit log."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from msgspec.structs import replace

from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import SITE, Appended, Change, Draft
from chat.clock import Clock
from chat.errors import ChatError, Conflict
from chat.protocol.entries import AuditBody, JoinedBody, LeftBody
from chat.protocol.pushes import Person, skeleton_of
from chat.service.attempts import until_committed
from chat.service.operator import is_operator
from chat.service.times import rfc3339

log: Final = logging.getLogger(__name__)


class Acts:
    """Appends entries with changes of records, in the name of people."""

    def __init__(self, backplane: Backplane, *, directory: Directory, clock: Clock) -> None:
        self._backplane = backplane
        self._directory = directory
        self._clock = clock

    def by(self, person: Person) -> dict[str, Any]:
        """Return the fields of an entry that say who did it, and when: now."""
        return {
            "user": person.user,
            "name": person.name,
            "skeleton": skeleton_of(person.name),
            "time": rfc3339(self._clock.time()),
        }

    async def commit(self, decide: Callable[[], Awaitable[Draft]]) -> Appended:
        """Append what ``decide`` returns; call it again if records have changed meanwhile.

        It reads the records afresh and raises if the act is not allowed. Raises Unavailable if
        the records change each time.
        """
        appended = await self.commit_any(decide)
        assert appended is not None  # a draft was decided on
        return appended

    async def commit_any(self, decide: Callable[[], Awaitable[Draft | None]]) -> Appended | None:
        """Do as ``commit`` does; return None if ``decide`` finds nothing to do."""

        async def attempt() -> Appended | None:
            draft = await decide()
            return None if draft is None else await self.append(draft)

        return await until_committed(attempt)

    async def once(self, draft: Draft) -> Appended | None:
        """Append ``draft``; return None if records are not what it expects."""
        try:
            return await self.append(draft)
        except Conflict:
            return None

    async def append(self, draft: Draft) -> Appended:
        """Append ``draft``. Raises Conflict if records are not what it expects."""
        if is_operator(draft.user):
            draft = replace(draft, is_open=True)
        match draft.body:
            case JoinedBody():
                append = self._backplane.join
            case LeftBody():
                append = self._backplane.leave
            case _:
                append = self._backplane.append
        try:
            return await append(draft)
        finally:
            self._directory.forget(draft.room)

    async def audit(self, person: Person, action: str, *changes: Change, **about: Any) -> None:
        """Do as ``record`` does for an act that is done already, so a failure is only logged."""
        try:
            await self.record(person, action, *changes, **about)
        except ChatError as error:
            log.warning("The audit log lacks %s by %s: %s", action, person.user, error)

    async def record(self, person: Person, action: str, *changes: Change, **about: Any) -> None:
        """Add to the audit log that ``person`` did ``action``. Raises Unavailable.

        ``about`` are ``whom``, ``room``, ``message`` and ``reason``; ``changes`` are of the site's
        records.
        """
        body = AuditBody(**self.by(person), action=action, **about)
        draft = Draft(room=SITE, user=person.user, body=body, changes=changes)
        if await self.once(draft) is None:
            await self.once(replace(draft, changes=()))
