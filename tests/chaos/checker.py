"""Judges a history of what clients did and saw against the final log. Pure.

A history is a list of events in the order in which they happened. The promises: each acknowledged
message is in the log and reaches every reader, once, in the order of the log, within an epoch; a
reader that cannot be given the next entries gets a resync.
"""

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.support.record import Place
from tests.support.wire import Push

NOWHERE: Place = ("", 0)


class Kind(enum.StrEnum):
    SEND = "send"  # a writer sends a key for the first time
    OK = "ok"  # it was acknowledged, at this place
    REFUSED = "refused"  # it was told to try again: it may be stored or not
    UNKNOWN = "unknown"  # no answer came: it may be stored or not
    BEGIN = "begin"  # a reader is told where it begins
    RECEIVE = "receive"  # a reader is given the entry at this place; no key if it is no message
    RESYNC = "resync"  # a reader is told to load the history anew and goes on behind this place


class Event(NamedTuple):
    kind: Kind
    who: str
    key: str = ""
    place: Place = NOWHERE


def event_of(who: str, push: Push) -> Event | None:
    """Return the event of ``push`` in the history of reader ``who``; None for other pushes."""
    match push:
        case {"type": "resync", "epoch": epoch, "offset": offset}:
            return Event(Kind.RESYNC, who, place=(epoch, offset))
        case {"epoch": epoch, "offset": offset}:
            return Event(Kind.RECEIVE, who, push.get("key", ""), (epoch, offset))
    return None


class Stored(NamedTuple):
    """A message in the final log."""

    epoch: str
    offset: int
    key: str

    @property
    def place(self) -> Place:
        return self.epoch, self.offset


@dataclass
class Verdict:
    """The number of acknowledged messages, and descriptions of all faults."""

    acknowledged: int = 0
    resyncs: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.out_of_order, *self.holes]

    def __str__(self) -> str:
        return (
            f"acknowledged {self.acknowledged}, lost {len(self.lost)}, "
            f"duplicated {len(self.duplicated)}, out of order {len(self.out_of_order)}, "
            f"holes without resync {len(self.holes)}"
        )


def judge(history: Sequence[Event], log: Sequence[Stored], end: Place) -> Verdict:
    """Return what is wrong with ``history``; ``end`` is the log's last place, due to each reader.

    The history ends when all writers were answered or gave up and readers had time to catch up.
    """
    verdict = Verdict()
    _judge_log(log, verdict)
    acknowledged = _judge_writers(history, log, verdict)
    for reader in dict.fromkeys(event.who for event in history if event.kind is Kind.BEGIN):
        events = [event for event in history if event.who == reader]
        _judge_reader(reader, events, acknowledged, end, verdict)
    return verdict


def _judge_log(log: Sequence[Stored], verdict: Verdict) -> None:
    places: dict[str, Place] = {}
    for stored in log:
        if stored.key in places:
            verdict.duplicated.append(f"{stored.key}: at {places[stored.key]} and {stored.place}")
        places[stored.key] = stored.place


def _judge_writers(
    history: Sequence[Event], log: Sequence[Stored], verdict: Verdict
) -> dict[Place, str]:
    """Judge what writers were told; return the acknowledged keys by place."""
    left = {stored.key: stored.place for stored in log}
    told: dict[str, Place] = {}
    newest: defaultdict[str, int] = defaultdict(int)  # acknowledged offsets, by epoch
    newest_at_send: dict[str, dict[str, int]] = {}
    for event in history:
        if event.kind is Kind.SEND:
            newest_at_send[event.key] = dict(newest)
        if event.kind is not Kind.OK:
            continue
        epoch, offset = event.place
        if told.setdefault(event.key, event.place) != event.place:
            verdict.duplicated.append(
                f"{event.key}: acknowledged at {told[event.key]} and at {event.place}"
            )
        if offset <= newest_at_send.get(event.key, {}).get(epoch, 0):
            verdict.out_of_order.append(
                f"{event.key}: at {event.place}, though what was acknowledged before it was sent "
                "stands later"
            )
        newest[epoch] = max(newest[epoch], offset)
    verdict.acknowledged = len(told)
    for key, place in told.items():
        if key not in left:
            verdict.lost.append(f"{key}: acknowledged at {place}, not in the log")
        elif left[key] != place and left[key][0] == place[0]:
            verdict.lost.append(f"{key}: acknowledged at {place}, but it is at {left[key]}")
    return {place: key for key, place in told.items()}


def _judge_reader(
    reader: str,
    events: Sequence[Event],
    acknowledged: dict[Place, str],
    end: Place,
    verdict: Verdict,
) -> None:
    at = NOWHERE
    shown: set[str] = set()  # the keys of the messages on the screen
    places: set[Place] = set()  # of all entries there
    for event in events:
        epoch, offset = event.place
        where = f"{reader}: {event.key} at {event.place} after {at}"
        match event.kind:
            case Kind.BEGIN:
                at = event.place
            case Kind.RESYNC:  # the screen is loaded anew
                verdict.resyncs += 1
                at, shown, places = event.place, set(), set()
            case Kind.RECEIVE:
                if event.place in places or event.key in shown:
                    verdict.duplicated.append(where)
                elif epoch != at[0] or offset > at[1] + 1:
                    verdict.holes.append(where)
                elif offset <= at[1]:
                    verdict.out_of_order.append(where)
                if (key := acknowledged.get(event.place, event.key)) != event.key:
                    verdict.lost.append(f"{where}, where {key} was acknowledged")
                if event.key:
                    shown.add(event.key)
                places.add(event.place)
                at = event.place if epoch != at[0] else (epoch, max(offset, at[1]))
    if at[0] != end[0]:
        verdict.holes.append(f"{reader}: stands at {at} and was not told of {end}")
    for place, key in acknowledged.items():
        if place[0] == at[0] and place[1] > at[1]:
            verdict.lost.append(f"{reader}: stands at {at}, never saw {key} at {place}")
