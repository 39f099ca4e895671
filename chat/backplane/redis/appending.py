"""Calls append.lua to append entries, and to test whether an entry would be stored now."""

import asyncio
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from redis.exceptions import ResponseError

from chat.backplane.limits import DEDUPE_S
from chat.backplane.records import SITE, Draft, others_kept
from chat.backplane.records import Change as RecordChange
from chat.backplane.redis.amending import Amending, Change, NotStored
from chat.backplane.redis.failures import call, reason, unavailable
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.logs import new_epoch
from chat.backplane.redis.scripts import Script
from chat.backplane.redis.store import TIMEOUT_S, Store
from chat.backplane.redis.version1 import Converter
from chat.backplane.refusals import conflict
from chat.clock import Clock
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.rooms import LOBBY
from chat.rooms.amendments import Amendment, is_amendment

# No real room can have this name. A cluster has one such room on each primary.
PROBE_ROOM: Final = "!probe"
_PROBE_KIND: Final = "probe"
_PROBE_DIGEST: Final = "00"
# The fewest messages to keep; append.lua trims at every 64th entry.
_PROBE_KEPT: Final = 1
# A probe's key is used once, and one second is the shortest expiry in Redis.
_PROBE_KEPT_S: Final = 1
# Enough names to find one for each primary; a cluster can have up to 1,000.
_PROBE_NAMES: Final = 20_000
# The codes with which append.lua asks to be called again, _CONFLICT after a new decision.
_BEHIND: Final = "behind"
_CHANGED: Final = "changed"
_CONFLICT: Final = "conflict"


class Answer(NamedTuple):
    """The result of append.lua; ``code`` is ``ok`` or an error code of the protocol."""

    code: str
    position: Position
    is_new: bool
    messages: int


@dataclass(frozen=True, kw_only=True)
class Appender:
    """Appends to the logs in ``store``, and records in ``metrics`` whether that works."""

    store: Store
    converter: Converter
    amending: Amending
    metrics: StoreMetrics
    clock: Clock
    publish: str
    keep: int | None
    is_one_store: bool  # if one log can be written, all can; in a cluster each node may fail
    is_mixed: Callable[[], bool]  # whether instances of version 1 may be running
    _script: Script = field(default_factory=lambda: Script("append.lua"))

    async def load(self, client: Any) -> None:
        """Load the script into Redis."""
        await call(self._script.load(client))

    async def append(self, act: str, draft: Draft, seen: Position) -> Answer:
        """Append ``draft`` to a log that was last seen at ``seen``.

        Raises Unavailable, and the errors of Backplane.append that concern a target message.
        """
        try:
            if is_amendment(draft.body):
                answer = await self._append_amendment(draft, draft.body, seen)
            else:
                answer = await self._append(act, draft, seen)
        except Unavailable as error:
            self.note(error)
            raise
        if answer.is_new and self.is_one_store:
            self.metrics.stored(now_s=self.clock.monotonic())
        return answer

    async def _append(
        self, act: str, draft: Draft, seen: Position, change: Change | None = None
    ) -> Answer:
        return await self._run(
            act,
            draft.room,
            draft.user,
            draft.body.kind,
            draft.body.encode(),
            target=getattr(draft.body, "target", ""),
            key=draft.key,
            digest=draft.digest.hex() if draft.key is not None else "",
            dedupe_s=DEDUPE_S,
            keep=self.keep,
            is_open=draft.is_open or draft.room in (LOBBY, SITE),
            seen=seen,
            records=draft.changes,
            change=change,
        )

    async def _append_amendment(self, draft: Draft, body: Amendment, seen: Position) -> Answer:
        try:
            async with asyncio.timeout(TIMEOUT_S), self.amending.turn(draft.room, body.target):
                while True:
                    found = await self.amending.work_out(
                        draft.room, draft.user, body, is_open=draft.is_open
                    )
                    if isinstance(found, NotStored):
                        return Answer(found.code, found.position, False, 0)
                    answer = await self._append("append", draft, seen, found)
                    if answer.code != _CHANGED:  # else another instance has just changed it
                        return answer
        except TimeoutError as error:
            raise unavailable(error) from error

    async def probe(self, rooms: Collection[str]) -> None:
        """Append to each of ``rooms``, the result of probe_rooms(). Raises Unavailable."""
        answers = await asyncio.gather(*map(self._probe, rooms), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Unavailable):
                self.metrics.problem = reason(answer)
                raise answer
        self.metrics.stored(now_s=self.clock.monotonic())

    async def _probe(self, room: str) -> None:
        # append.lua stores even if Redis refuses the publish, since the log is the source of
        # truth; but no reader would then receive the entry. So test publishing by itself.
        (answer,) = await self.store.run_all([(self.publish, self.store.keys.feed(room), b"")])
        if isinstance(answer, Exception):
            raise unavailable(answer)
        await self._run(
            "append",
            room,
            "",
            _PROBE_KIND,
            b"{}",
            key=secrets.token_hex(4),
            digest=_PROBE_DIGEST,
            dedupe_s=_PROBE_KEPT_S,
            keep=_PROBE_KEPT,
            is_open=True,
            seen=Position("", 0),
        )

    def note(self, error: Exception) -> None:
        """Record that a send failed with ``error``, if that was Redis's reply."""
        cause = error.__cause__ or error
        if isinstance(cause, ResponseError):
            self.metrics.refused(reason(cause), now_s=self.clock.monotonic())

    async def _run(
        self,
        act: str,
        room: str,
        user: str,
        kind: str,
        body: bytes,
        *,
        target: Any = "",
        key: str | None,
        digest: str,
        dedupe_s: int,
        keep: int | None,
        is_open: bool,
        seen: Position,
        records: Sequence[RecordChange] = (),
        change: Change | None = None,
    ) -> Answer:
        head = self.store.keys.head(room)
        names = [
            *self.store.keys.log(room),
            self.store.keys.members(room),
            head if key is None else self.store.keys.draft(room, user, key),
            self.store.keys.joined(room),
            self.store.keys.records(room),
            self.store.keys.record_keys(room),
        ]
        if self.is_mixed():
            names += self.store.keys.older(room)
        code = _BEHIND
        while code == _BEHIND:
            answer = await self._script.run(
                self.store,
                names,
                act,
                user,
                kind,
                body,
                target,
                digest,
                dedupe_s,
                "" if keep is None else keep,
                others_kept(keep),
                new_epoch(),
                "1" if is_open else "0",
                self.publish,
                self.store.keys.feed(room),
                self.clock.time(),
                *seen,
                len(records),
                *(value or b"" for record in records for value in record),
                *(change or ()),
            )
            code = answer[0].decode()
            if code == _BEHIND:
                await self.converter.convert(room)
        if code == _CONFLICT:
            raise conflict()
        position = Position(answer[1].decode(), int(answer[2]))
        return Answer(code, position, bool(answer[3]), int(answer[4]))


async def probe_rooms(client: Any, keys: Keys) -> list[str]:
    """Return the rooms to probe: one on each primary of a cluster."""
    if not hasattr(client, "get_primaries"):
        return [PROBE_ROOM]
    left = {node.name for node in client.get_primaries()}
    rooms = []
    for number in range(_PROBE_NAMES):
        if not left:
            break
        room = f"{PROBE_ROOM}-{number}"
        node = client.get_node_from_key(keys.head(room))
        if node is not None and node.name in left:
            left.discard(node.name)
            rooms.append(room)
    return rooms
