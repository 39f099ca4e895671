"""What a backplane tells the instance that has opened it."""

from collections.abc import Sequence
from typing import Protocol

from chat.accounts.blocklist import Block
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Push


class Listener(Protocol):
    """Receives the live feed. Called on the event loop; must neither block nor raise."""

    def on_entries(self, entries: Sequence[Entry]) -> None:
        """Handle entries just stored: each room's in the order of its offsets, without gaps."""

    def on_reset(self, room: str, position: Position) -> None:
        """Handle the start of a new epoch of ``room``'s log, which is now at ``position``."""

    def on_room_push(self, room: str, push: Push) -> None:
        """Handle a push to everybody in ``room``; it is in no log and may be lost."""

    def on_user_push(self, user: str, push: Push) -> None:
        """Handle a push to all sessions of ``user``; it is in no log and may be lost."""

    def on_joined(
        self, user: str, room: str, since: Position, *, is_repeated: bool = False
    ) -> None:
        """Handle a membership of ``user`` in ``room``, beginning after ``since``.

        It is new, unless ``is_repeated``: then whoever made it may have told nobody.
        """

    def on_left(self, user: str, room: str) -> None:
        """Handle the end of ``user``'s membership in ``room``, after the ``left`` entry."""

    def on_removed(self, room: str) -> None:
        """Handle the removal of ``room`` with everything in it; nobody can read it any more."""

    def on_missed(self, user: str, *, left: str | None = None) -> None:
        """Handle that calls for ``user`` may have been missed: on_joined, on_left, pushes.

        ``left`` is a room that ``user`` is said to have left, and may be in again.
        """

    def on_attached(self, user: str, session: str, attachment: str) -> None:
        """Handle an attach: ``attachment`` now carries ``session``.

        All instances receive these calls in the same order.
        """

    def on_block(self, block: Block) -> None:
        """Handle a block that was put or lifted.

        A block may be delivered again. The newest one for a ``who`` and ``why`` comes last.
        """


class Deaf(Listener):
    """Takes the live feed, of which a program that only reads and changes records needs nothing."""

    def on_entries(self, entries: Sequence[Entry]) -> None: ...

    def on_reset(self, room: str, position: Position) -> None: ...

    def on_room_push(self, room: str, push: Push) -> None: ...

    def on_user_push(self, user: str, push: Push) -> None: ...

    def on_joined(
        self, user: str, room: str, since: Position, *, is_repeated: bool = False
    ) -> None: ...

    def on_left(self, user: str, room: str) -> None: ...

    def on_removed(self, room: str) -> None: ...

    def on_missed(self, user: str, *, left: str | None = None) -> None: ...

    def on_attached(self, user: str, session: str, attachment: str) -> None: ...

    def on_block(self, block: Block) -> None: ...
