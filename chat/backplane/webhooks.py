"""What is stored of webhooks: what people have set, and how far each has come.

What people set is a record of the log of the site, one for each room, so each change is in the
audit log, and none overwrites another. How far a webhook has come is written by the one instance
that sends, and is of no use in another store: named values, which backups don't have.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.backplane.base import Backplane
from chat.backplane.records import SITE, Change
from chat.protocol.cursor import Position

RECORDS: Final = "webhooks/"  # and the room
_PAGE: Final = 100
# The groups of values, by the id of the webhook.
PROGRESS: Final = "webhook-progress"
DELIVERIES: Final = "webhook-deliveries"
# Deliveries to be sent again: the id of the webhook, a space, and that of the delivery.
AGAIN: Final = "webhook-again"


class Webhook(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A webhook as people have set it; ``id`` is its room, a hyphen and 16 hexadecimal digits.

    It tells of the entries after ``epoch`` and ``offset``, the room's position when it was made.
    ``former_secret`` signs beside the other one until ``former_until_s``. ``turn`` counts how often
    it was enabled or changed such that what has failed may succeed.
    """

    id: str
    url: str
    events: list[str]
    secret: str
    by: str  # a user
    name: str
    made_s: int
    epoch: str
    offset: int
    former_secret: str = ""
    former_until_s: int = 0
    is_paused: bool = False
    turn: int = 0

    @property
    def room(self) -> str:
        return room_of(self.id)


class Waiting(msgspec.Struct, kw_only=True):
    """An entry whose delivery has failed; ``at_s`` is when it is tried again.

    ``pauses`` counts those since the receiver was last away, ``attempts`` all of them.
    """

    epoch: str
    offset: int
    kind: str
    first_s: float  # the first attempt
    at_s: float
    attempts: int = 0
    pauses: int = 0

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.offset)


class Progress(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far a webhook has come.

    All entries up to its position are done, or are among ``waiting``, in their order. ``failures``
    counts attempts in a row that failed, since ``failing_since_s``; before ``resume_s`` the
    receiver wants to be left alone. All of this is of ``turn``.
    """

    epoch: str
    offset: int
    waiting: list[Waiting] = []
    failures: int = 0
    failing_since_s: float = 0.0
    resume_s: float = 0.0
    turn: int = 0
    is_stopped: bool = False
    why: str = ""  # it is stopped

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.offset)


def is_enabled(hook: Webhook, progress: Progress | None) -> bool:
    """Return whether ``hook`` tells of what happens: nobody has paused it, nor has it failed."""
    is_stopped = progress is not None and progress.is_stopped and progress.turn == hook.turn
    return not hook.is_paused and not is_stopped


class Delivery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of an entry: how it was when it was last tried. Times are seconds since 1970.

    ``state`` is ``delivered``, ``waiting`` (for another attempt, at ``next_s``), ``failed`` (given
    up) or ``gone`` (the entry was removed from the log). ``status`` is 0 without an answer.
    """

    id: str  # the ``webhook-id`` that the receiver is given
    type: str
    state: str
    attempts: int
    last_s: float
    status: int = 0
    problem: str = ""
    next_s: float = 0.0


_webhooks: Final = msgspec.json.Decoder(list[Webhook])
_progress: Final = msgspec.json.Decoder(Progress)
_deliveries: Final = msgspec.json.Decoder(list[Delivery])


def room_of(id: str) -> str:
    """Return the room of the webhook ``id``."""
    return id.rpartition("-")[0]


def record_of(room: str) -> str:
    """Return the key of the record that has the webhooks of ``room``."""
    return RECORDS + room


def decode_webhooks(value: bytes | None) -> list[Webhook]:
    return [] if value is None else _webhooks.decode(value)


def encode_webhooks(webhooks: Sequence[Webhook]) -> bytes | None:
    """Return the record to store; None, which is none, if there are none."""
    return msgspec.json.encode(webhooks) if webhooks else None


def decode_progress(value: bytes) -> Progress:
    return _progress.decode(value)


def decode_deliveries(value: bytes | None) -> list[Delivery]:
    return [] if value is None else _deliveries.decode(value)


async def all_webhooks(backplane: Backplane) -> dict[str, Webhook]:
    """Return all webhooks, by id. Raises Unavailable."""
    found: dict[str, Webhook] = {}
    after = ""
    while page := await backplane.scan(SITE, RECORDS, after=after, limit=_PAGE):
        after = page[-1][0]
        found |= {hook.id: hook for _, value in page for hook in decode_webhooks(value)}
    return found


async def ending_webhooks(backplane: Backplane, room: str) -> Sequence[Change]:
    """Return the changes by which ``room``, which is removed, has no webhooks."""
    key = record_of(room)
    value = (await backplane.records(SITE, [key])).get(key)
    return [] if value is None else [Change(key, value, None)]
