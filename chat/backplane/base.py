"""What every backplane promises. tests/contract/ checks these promises for each of them.

All methods may raise Unavailable: the store did not take it or did not answer in time. What a
method was to store may then be stored or not; a draft's key makes trying again safe.

Cancelling a call is safe, but does not undo it: what was handed over is stored all the same.
"""

import abc
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from chat.accounts.blocklist import Block
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.records import Appended, Draft, History, Membership, Page, RoomInfo
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry, Person, Presence, Push


class Listener(Protocol):
    """Who hears the live feed. Called on the event loop; must neither block nor raise."""

    def on_entries(self, entries: Sequence[Entry]) -> None:
        """Take entries just stored: each room's in the order of its offsets, none left out."""

    def on_reset(self, room: str, position: Position) -> None:
        """Take the news that ``room``'s log has begun a new life and stands at ``position``."""

    def on_room_push(self, room: str, push: Push) -> None:
        """Take a push for those who are in ``room``; it is in no log and may be lost."""

    def on_user_push(self, user: str, push: Push) -> None:
        """Take a push for all sessions of ``user``; it is in no log and may be lost."""

    def on_joined(self, user: str, room: str, since: Position) -> None:
        """``user`` is a member of ``room`` from behind ``since`` on."""

    def on_left(self, user: str, room: str) -> None:
        """``user`` is no member of ``room`` any more; the entry that says so came before."""

    def on_attached(self, user: str, session: str, attachment: str) -> None:
        """``attachment`` carries ``session`` now. All instances hear of these in one order."""

    def on_block(self, block: Block) -> None:
        """``block`` holds, or is lifted; may come again. The newest of a who and why is last."""


class LogStore(abc.ABC):
    """The rooms' logs."""

    @abc.abstractmethod
    async def append(self, draft: Draft) -> Appended:
        """Append ``draft``, in one atomic step: dedupe, next offset, store, publish.

        Drafts are appended in the order of the calls, but what changes a message may come behind
        others that were called for later, if they don't change it, too. The listener hears of an
        entry after it is stored; the call returns after that, with the same answer for the same
        key.

        An edit, a deletion or a reaction is applied to the message that it means in the same
        step: the text that it removes or replaces is then gone from the log, from the message's
        own entry and from edits before, whose offsets stay. One that changes nothing is not
        stored: ``is_new`` is False, the position the top.

        Raises:
            Refused ``no_such_room``, ``not_member``: nothing was stored.
            Refused ``key_conflict``: this key came before with another digest.
            Refused ``forbidden``: the message that it means was deleted.
            InvalidInput ``bad_command``: what it means is no message.
            InvalidInput ``too_long``: the message has as many reactions as it may have.
        """

    @abc.abstractmethod
    async def read(self, room: str, since: Position, *, limit: int) -> Page:
        """Return up to ``limit`` entries behind ``since``, oldest first.

        They end with the one that brings them to PAGE_BYTES, if any does; ``more`` tells.

        Raises:
            ResyncNeeded: ``since`` is of another epoch, past the end, or what follows it was
                trimmed. Entries that history doesn't show are trimmed first, from among the
                messages too: a page ends before such a gap, and ``more`` says that it goes on.
            Refused ``no_such_room``.
        """

    @abc.abstractmethod
    async def entry(self, room: str, offset: int) -> Entry | None:
        """Return the entry at ``offset``, or None if there is none (any more)."""

    @abc.abstractmethod
    async def history(
        self,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        """Return up to ``limit`` messages, to the one that brings them to ``limit_bytes``.

        They are the newest before ``before``, or if only ``after`` is given the oldest after
        it; both bounds are exclusive. ``more`` says whether messages lie beyond them.

        Raises:
            Refused ``no_such_room``.
        """

    @abc.abstractmethod
    async def rooms(self) -> Sequence[RoomInfo]:
        """Return all rooms, by name."""

    @abc.abstractmethod
    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        """Return the positions of the newest entries of those of ``rooms`` that exist."""


class MembershipStore(abc.ABC):
    """Who is in which rooms, and has read how far."""

    @abc.abstractmethod
    async def join(self, draft: Draft) -> Appended:
        """Make ``draft.user`` a member of ``draft.room``, made if missing, and append ``draft``.

        A member who joins again changes nothing: ``is_new`` is False, the position the top.
        """

    @abc.abstractmethod
    async def leave(self, draft: Draft) -> Appended:
        """End ``draft.user``'s membership and append ``draft``; raises as ``append`` does."""

    @abc.abstractmethod
    async def memberships(self, user: str) -> Sequence[Membership]:
        """Return the rooms that ``user`` is in, the lobby first. Writes nothing."""

    @abc.abstractmethod
    async def mark_read(self, user: str, room: str, offset: int) -> None:
        """Note that ``user`` has read ``room`` up to ``offset``, and tell the user's sessions.

        A marker never goes back, nor past the top. Raises Refused ``not_member``.
        """


class LiveFeed(abc.ABC):
    """What the listener of this instance hears, and what it tells those of all."""

    @abc.abstractmethod
    async def follow(self, rooms: Collection[str]) -> None:
        """From its return on, feed the listener every entry of ``rooms``."""

    @abc.abstractmethod
    def unfollow(self, rooms: Collection[str]) -> None:
        """The last reader of ``rooms`` here is gone; the feed may let go of them, in its time."""

    @abc.abstractmethod
    async def follow_user(self, user: str) -> None:
        """From its return on, tell the listener what concerns ``user``."""

    @abc.abstractmethod
    def unfollow_user(self, user: str) -> None:
        """The last session of ``user`` here is gone."""

    @abc.abstractmethod
    async def announce(self, user: str, session: str, attachment: str) -> None:
        """Tell all listeners, this one too, that ``attachment`` carries ``session`` now."""

    @abc.abstractmethod
    async def publish(self, room: str, push: Push) -> None:
        """Give ``push`` to all who are in ``room``, on every instance. It is not stored."""


class PresenceStore(abc.ABC):
    """Who is present in which room."""

    @abc.abstractmethod
    async def set_present(self, session: str, person: Person, rooms: Collection[str]) -> None:
        """``session`` of ``person`` is present in these rooms and no others.

        Changes reach the listener as Presence pushes, at most one a room in
        ``presence_interval_s`` of how many are there.
        """

    @abc.abstractmethod
    async def presence(self, room: str) -> Presence:
        """Return who is present in ``room`` now; of many how many were when it was last told."""

    @abc.abstractmethod
    async def people(self, room: str) -> Collection[Person]:
        """Return all who are present in ``room`` now, each session's, however many they are."""


class BlockStore(abc.ABC):
    """Who is kept out."""

    @abc.abstractmethod
    async def block(self, block: Block) -> None:
        """Keep ``block`` until it is over.

        Our listener hears of it before this returns; others, and of those that another process
        has put there, within 1 s, or when they reach the store again.
        """


class ReportStore(abc.ABC):
    """What instances tell each other of themselves."""

    @abc.abstractmethod
    async def report(self, instance: str, report: bytes | None) -> None:
        """Have ``reports`` on all instances return ``report`` for REPORT_S; None: no more."""

    @abc.abstractmethod
    async def reports(self) -> dict[str, bytes]:
        """Return the reports of the instances that live."""


class Backplane(
    LogStore, MembershipStore, LiveFeed, PresenceStore, BlockStore, ReportStore, abc.ABC
):
    """Logs, live feed, presence and memberships, shared by the instances that use it."""

    metrics: StoreMetrics

    @abc.abstractmethod
    async def start(
        self, listener: Listener, on_wait: Callable[[str], None] = lambda why: None
    ) -> None:
        """Open the store, make the lobby if there is none, and begin to feed ``listener``.

        It has heard of all blocks when this returns. A store that is away is waited for, and
        ``on_wait`` told in a sentence why, again and again. Raises SettingsError where waiting
        can't help.
        """

    @abc.abstractmethod
    async def stop(self) -> None:
        """Store and acknowledge what was handed over, then let go of everything."""

    @abc.abstractmethod
    async def check(self) -> None:
        """Return if a send would be stored now; for health checks, however many.

        Raises Unavailable, whose message says in a sentence for operators why it would not.
        """


class BlocklistAdmin(abc.ABC):
    """The blocks of a deployment, for a process beside its instances: an operator's command.

    Raises SettingsError or Unavailable where they can't be reached.
    """

    @abc.abstractmethod
    async def put(self, block: Block) -> None:
        """Keep ``block`` until it is over; all instances hear of it within 1 s."""

    @abc.abstractmethod
    async def all(self) -> Sequence[Block]:
        """Return all blocks, those that were over lately, too."""

    @abc.abstractmethod
    async def close(self) -> None: ...
