"""The interface of every backplane. tests/contract/ checks its promises for each implementation.

All methods may raise Unavailable: the store refused the write or did not answer in time. The write
may then be stored or not; a draft's key makes a retry safe.

Cancelling a call is safe, but does not undo it: a write that was submitted is still stored.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from chat.accounts.blocklist import Block
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.listener import Listener
from chat.backplane.records import Appended, Draft, History, Membership, Page, RoomInfo
from chat.backplane.values import ValueStore
from chat.errors import ChatError
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Notification, Person, Presence, Push


class LogStore(Protocol):
    """The rooms' logs."""

    async def append(self, draft: Draft) -> Appended:
        """Append ``draft``, in one atomic step: dedupe, next offset, store, publish.

        Drafts are appended in the order of the calls, with one exception: a change of a message
        may be appended after later calls that don't change the same message. An entry is
        published after it is stored, and the call returns after that; the listener may receive it
        a moment later. The same key always gets the same answer.

        An edit, a deletion or a reaction is applied to its target message in the same step. The
        text that it removes or replaces is then gone from the log: from the message's own entry
        and from earlier edits, whose offsets stay. A change that has no effect is not stored:
        ``is_new`` is False and the position is the top.

        The draft's changes of records are made in the same step, all or none, and only if an entry
        is appended.

        Raises:
            Conflict: a record is not what the draft expected; nothing was stored.
            Refused ``no_such_room``, or ``not_member`` unless ``is_open``: nothing was stored.
            Refused ``key_conflict``: this key was used before with another digest.
            Refused ``forbidden``: the target message was deleted.
            InvalidInput ``bad_command``: the target is not a message.
            InvalidInput ``too_long``: the message already has the most reactions allowed.
        """

    async def append_all(self, drafts: Sequence[Draft]) -> Sequence[Appended | ChatError]:
        """Append ``drafts`` of new messages in their order; return each answer, or its error.

        Each has the effect that ``append`` has. Together they cost less, and take as long as one.
        """

    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        """Return up to ``limit`` entries after ``since``, oldest first.

        The page also ends with the entry that brings it to PAGE_BYTES; ``more`` says whether
        entries are left.

        Raises:
            ResyncNeeded: ``since`` is of another epoch or past the end, or the entry after it was
                trimmed. Entries that history doesn't show are trimmed first, even from between
                messages: a page ends before such a gap, and ``more`` is True.
            Refused ``no_such_room``.
        """

    async def entry(self, room: str, offset: int) -> Entry | None:
        """Return the entry at ``offset``, or None if it does not exist or was trimmed."""

    async def history(
        self,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        """Return up to ``limit`` messages, ending with the one that brings them to ``limit_bytes``.

        These are the newest messages before ``before`` or, if only ``after`` is given, the oldest
        after it; both bounds are exclusive. ``more`` says whether there are messages beyond them.

        Raises:
            Refused ``no_such_room``.
        """

    async def trim(self, room: str, *, keep: int | None, before: str | None) -> bool:
        """Remove some of the oldest entries of ``room``; return whether there may be more.

        Those are all up to the last one that is beyond the ``keep`` newest messages or was made
        before ``before`` (RFC 3339 in UTC, with milliseconds); None: no such bound. Readers that
        are not past them resync.
        """

    async def rooms(self) -> Sequence[RoomInfo]:
        """Return all rooms, by name."""

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        """Return the position of the newest entry of each of ``rooms`` that exists."""


class MembershipStore(Protocol):
    """Memberships, and how far each user has read."""

    async def join(self, draft: Draft) -> Appended:
        """Make ``draft.user`` a member of ``draft.room`` and append ``draft``.

        The room is created if it is missing. A member who joins again changes nothing: ``is_new``
        is False and the position is the top.
        """

    async def leave(self, draft: Draft) -> Appended:
        """End ``draft.user``'s membership and append ``draft``; raises as ``append`` does."""

    async def memberships(self, user: str) -> Sequence[Membership]:
        """Return the rooms that ``user`` is in, the lobby first. Writes nothing."""

    async def member_since(self, user: str, room: str) -> int | None:
        """Return the offset of the entry by which ``user`` joined ``room``; None: no member.

        It is 0 for a member since before version 0.4, and in the lobby. The answer is at least as
        new as every entry that was read before the call: who was a member then, was a member of
        each of those entries from this offset on.
        """

    async def members(self, room: str, *, after: str = "", limit: int) -> Sequence[str]:
        """Return up to ``limit`` members of ``room`` whose ids come after ``after``, in order.

        None of the lobby, where everybody is.
        """

    async def member_counts(self, rooms: Collection[str]) -> dict[str, int]:
        """Return how many members each of ``rooms`` has; 0 for the lobby, where everybody is."""

    async def mark_read(self, user: str, room: str, offset: int) -> None:
        """Record that ``user`` has read ``room`` up to ``offset``; notify the user's sessions.

        A marker never moves back, nor past the top. Raises Refused ``not_member``.
        """


class RecordStore(Protocol):
    """The records of each log: named values, which ``append``, ``join`` and ``leave`` change.

    Records of SITE belong to no room. Keys are text without control characters.
    """

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        """Return those of the records ``keys`` of ``room`` that exist."""

    async def scan(
        self, room: str, prefix: str, *, after: str = "", limit: int
    ) -> Sequence[tuple[str, bytes]]:
        """Return up to ``limit`` records whose keys begin with ``prefix`` and come after ``after``.

        They are in the order of their keys' UTF-8 bytes. The log need not exist.
        """

    async def remove(self, room: str) -> None:
        """Remove ``room`` with its log, its records and all memberships. Repeatable.

        The caller sees to it that nobody can join or write any more. The listeners of instances
        that follow the room receive ``on_removed``.
        """


class LiveFeed(Protocol):
    """Delivers entries and pushes to the listeners of all instances."""

    async def follow(self, rooms: Collection[str]) -> None:
        """Subscribe to ``rooms``: once this returns, the listener receives all their entries."""

    def unfollow(self, rooms: Collection[str]) -> None:
        """Note that ``rooms`` have no reader here any more; the feed may unsubscribe later."""

    async def follow_user(self, user: str) -> None:
        """Subscribe to ``user``: once this returns, the listener receives the user's events."""

    def unfollow_user(self, user: str) -> None:
        """Note that ``user`` has no session here any more."""

    async def announce(self, user: str, session: str, attachment: str) -> None:
        """Tell all listeners, including this one, that ``attachment`` now carries ``session``."""

    async def notify(self, user: str, notification: Notification) -> None:
        """Send ``notification`` to all sessions of ``user``, on every instance; don't store it."""

    async def publish(self, room: str, push: Push) -> None:
        """Send ``push`` to everybody in ``room``, on every instance. It is not stored."""


class PresenceStore(Protocol):
    """Tracks the people present in each room."""

    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        """Set the rooms in which ``session`` of ``person`` is present; it leaves all others.

        Changes reach the listener as Presence pushes, at most one per room in each
        ``presence_interval_s(count)``, where ``count`` is the number of users present.
        """

    async def presence(self, room: str) -> Presence:
        """Return the presence of ``room`` now; in a large room, the count as last pushed."""

    async def people(self, room: str) -> Collection[Person]:
        """Return everybody present in ``room`` now, one item per session, without a limit."""


class BlockStore(Protocol):
    """The block list."""

    async def block(self, block: Block) -> None:
        """Store ``block`` until it expires.

        This instance's listener receives it before the call returns. Other listeners receive it
        within 1 s, or when they reach the store again; the same holds for blocks that another
        process has put.
        """


class ReportStore(Protocol):
    """The status reports that instances share."""

    async def report(self, instance: str, report: bytes | None) -> None:
        """Share ``report`` with all instances for REPORT_S; None withdraws it."""

    async def reports(self) -> dict[str, bytes]:
        """Return the reports that have not expired, by instance."""


class LeaseStore(Protocol):
    """Leases, by which one of all instances does what is to be done once."""

    async def hold(self, name: str, holder: str, for_s: float) -> bool:
        """Take or renew the lease ``name``; return whether ``holder`` has it for ``for_s`` now.

        Only one holder has it at a time, by the clock of the store; others get it when it was
        released or has run out.
        """

    async def release(self, name: str, holder: str) -> None:
        """End the lease ``name`` if ``holder`` has it."""


class Backplane(
    LogStore,
    MembershipStore,
    RecordStore,
    LiveFeed,
    PresenceStore,
    BlockStore,
    ReportStore,
    Protocol,
):
    """Logs, live feed, presence and memberships, shared by the instances that use it."""

    metrics: StoreMetrics
    leases: LeaseStore  # once it is started, as ``values``
    values: ValueStore

    async def start(
        self, listener: Listener, on_wait: Callable[[str], None] = lambda why: None
    ) -> None:
        """Open the store, create the lobby if it is missing, and begin to feed ``listener``.

        The listener has received all blocks when this returns. If the store is unreachable, this
        waits for it and calls ``on_wait`` before each retry with the reason, in a sentence. Raises
        SettingsError where waiting can't help.
        """

    async def stop(self) -> None:
        """Store and acknowledge all submitted writes, then close everything."""

    async def check(self) -> None:
        """Check that a message would be stored now. Health checks may call this at any rate.

        Raises Unavailable, whose message tells operators in a sentence why it would not.
        """


class BlocklistAdmin(Protocol):
    """The blocks of a deployment, for a process outside its instances: an operator's command.

    Methods raise SettingsError or Unavailable if the store can't be reached.
    """

    async def put(self, block: Block) -> None:
        """Store ``block`` until it expires; all instances receive it within 1 s."""

    async def all(self) -> Sequence[Block]:
        """Return all blocks, including those that expired recently."""

    async def close(self) -> None: ...
