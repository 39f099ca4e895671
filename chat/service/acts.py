"""Acts in rooms that change records: who did it and when, trying again, and the audit log."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import SITE, Appended, Change, Draft
from chat.clock import Clock
from chat.errors import ChatError, Conflict, Unavailable
from chat.protocol.codes import Code
from chat.protocol.entries import AuditBody, JoinedBody, LeftBody
from chat.protocol.pushes import Person, skeleton_of
from chat.service.times import rfc3339

log: Final = logging.getLogger(__name__)

# Two that change the same record at the same moment succeed at the second attempt; more attempts
# are needed only if many do, each of whom must decide again on what the others did.
ATTEMPTS: Final = 8
RETRY_MS: Final = 200


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
        for _ in range(ATTEMPTS):
            if (draft := await decide()) is None:
                return None
            if (appended := await self.once(draft)) is not None:
                return appended
        raise Unavailable(
            Code.UNAVAILABLE, "Others change the same now; try again.", retry_ms=RETRY_MS
        )

    async def once(self, draft: Draft) -> Appended | None:
        """Append ``draft``; return None if records are not what it expects."""
        match draft.body:
            case JoinedBody():
                append = self._backplane.join
            case LeftBody():
                append = self._backplane.leave
            case _:
                append = self._backplane.append
        try:
            return await append(draft)
        except Conflict:
            return None
        finally:
            self._directory.forget(draft.room)

    async def audit(self, person: Person, action: str, *changes: Change, **about: Any) -> None:
        """Add to the audit log that ``person`` did ``action``, which is done already.

        ``about`` are ``whom``, ``room``, ``message`` and ``reason``; ``changes`` are of the site's
        records.
        """
        body = AuditBody(**self.by(person), action=action, **about)
        draft = Draft(room=SITE, user=person.user, body=body, changes=changes)
        try:
            if await self.once(draft) is None:
                await self.once(replace(draft, changes=()))
        except ChatError as error:
            log.warning("The audit log lacks %s by %s: %s", action, person.user, error)
