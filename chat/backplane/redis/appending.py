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
from chat.protocol.entries import MessageBody
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


class _Entry(NamedTuple):
    """A draft as append.lua takes it; ``digest`` is empty without a key."""

    kind: str
    body: bytes
    target: Any
    key: str | None
    digest: str


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

    @property
    def moves_markers(self) -> bool:
        """Whether an append also moves its author's marker; in a cluster, another node has it."""
        return self.is_one_store

    async def load(self, client: Any) -> None:
        """Load the script into Redis."""
        await call(self._script.load(client))

    async def append(self, act: str, drafts: Sequence[Draft], seen: Position) -> list[Answer]:
        """Append ``drafts`` to a log that was last seen at ``seen``.

        Several are messages of one user in one room. Raises Unavailable, and the errors of
        Backplane.append that concern a target message.
        """
        draft = drafts[0]
        try:
            if is_amendment(draft.body):
                answers = [await self._append_amendment(draft, draft.body, seen)]
            else:
                answers = await self._append(act, drafts, seen)
        except Unavailable as error:
            self.note(error)
            raise
        if self.is_one_store and any(answer.is_new for answer in answers):
            self.metrics.stored(now_s=self.clock.monotonic())
        return answers

    async def _append(
        self, act: str, drafts: Sequence[Draft], seen: Position, change: Change | None = None
    ) -> list[Answer]:
        first = drafts[0]
        is_marked = self.moves_markers and marks_as_read(first)
        return await self._run(
            act,
            first.room,
            first.user,
            [
                _Entry(
                    draft.body.kind,
                    draft.body.encode(),
                    getattr(draft.body, "target", ""),
                    draft.key,
                    draft.digest.hex() if draft.key is not None else "",
                )
                for draft in drafts
            ],
            dedupe_s=DEDUPE_S,
            keep=self.keep,
            is_open=first.is_open or first.room in (LOBBY, SITE),
            seen=seen,
            records=first.changes,
            change=change,
            read_room=first.room if is_marked else "",
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
                    (answer,) = await self._append("append", [draft], seen, found)
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
            [_Entry(_PROBE_KIND, b"{}", "", secrets.token_hex(4), _PROBE_DIGEST)],
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
        entries: Sequence[_Entry],
        *,
        dedupe_s: int,
        keep: int | None,
        is_open: bool,
        seen: Position,
        records: Sequence[RecordChange] = (),
        change: Change | None = None,
        read_room: str = "",
    ) -> list[Answer]:
        keys = self.store.keys
        head = keys.head(room)
        names = [
            *keys.log(room),
            keys.members(room),
            keys.joined(room),
            keys.records(room),
            keys.record_keys(room),
            keys.memberships(user) if read_room else head,
            *(head if one.key is None else keys.draft(room, user, one.key) for one in entries),
        ]
        if self.is_mixed():
            names += keys.older(room)
        code = _BEHIND
        while code == _BEHIND:
            answers = await self._script.run(
                self.store,
                names,
                act,
                user,
                new_epoch(),
                "1" if is_open else "0",
                dedupe_s,
                "" if keep is None else keep,
                others_kept(keep),
                self.publish,
                keys.feed(room),
                self.clock.time(),
                *seen,
                len(entries),
                len(records),
                read_room,
                *(
                    part
                    for kind, body, target, _, digest in entries
                    for part in (kind, body, target, digest)
                ),
                *(value or b"" for record in records for value in record),
                *(change or ()),
            )
            code = answers[0][0].decode()
            if code == _BEHIND:
                await self.converter.convert(room)
        if code == _CONFLICT:
            raise conflict()
        return [
            Answer(
                code.decode(), Position(epoch.decode(), int(offset)), bool(is_new), int(messages)
            )
            for code, epoch, offset, is_new, messages in answers
        ]


def marks_as_read(draft: Draft) -> bool:
    """Return whether its author has then read the room up to ``draft``.

    They have read all earlier messages, so their own never count as unread. Who has a marker is
    listed as being in the room.
    """
    return draft.body.kind == MessageBody.kind and not draft.is_open


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
