"""Who is in step is moved with the room; who is not stands where it is."""

from chat.hub.reader import Reader
from chat.hub.room import LiveRoom
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Framing
from chat.rooms import LOBBY
from tests.unit.fakes import BOB, EPOCH, FakeSink


def at(offset: int) -> Position:
    return Position(EPOCH, offset)


def reader_of(
    live: LiveRoom,
    offset: int = 0,
    *,
    framing: Framing = Framing.WEBSOCKET,
    is_corked: bool = False,
) -> Reader:
    """Return one that has caught up with ``offset``."""
    reader = Reader(FakeSink(), BOB, framing)
    reader.is_corked = is_corked
    live.read_from(reader, at(offset))
    if live.shared_position is None:
        live.begin(at(offset))
    live.mark_live(reader)
    return reader


def test_all_who_are_in_step_move_at_once_and_nobody_else() -> None:
    live = LiveRoom(LOBBY)
    together, behind = [reader_of(live, 5) for _ in range(2)], reader_of(live, 3)
    live.move(at(6))
    assert [live.position_of(reader) for reader in together] == [at(6), at(6)]
    assert live.position_of(behind) == at(3)
    assert list(live.groups[Framing.WEBSOCKET]) == together
    assert list(live.others) == [behind]


def test_who_is_corked_is_moved_but_in_no_lane_until_it_is_uncorked() -> None:
    live = LiveRoom(LOBBY)
    reader = reader_of(live, is_corked=True)
    live.move(at(1))
    assert live.position_of(reader) == at(1)
    assert reader in live.others
    reader.is_corked = False
    live.uncork(reader)
    assert reader in live.groups[Framing.WEBSOCKET]
    assert not live.others


def test_who_is_parked_stands_where_it_does_until_it_is_taken_back() -> None:
    live = LiveRoom(LOBBY)
    reader = reader_of(live, framing=Framing.POLL)
    live.park(reader)
    assert len(live) == 0
    assert not live.is_empty
    before = live.written
    live.move(at(1))
    live.keep(before, b"{}", 1, [])
    assert live.position_of(reader) == at(0)
    missed_by = live.missed_by(reader)
    assert missed_by is not None
    assert [batch.joined for batch in missed_by] == [b"{}"]
    live.resume(reader)
    assert live.position_of(reader) == at(1)
    assert reader in live.groups[Framing.POLL]


def test_a_hole_puts_all_out_of_step_where_they_stood() -> None:
    live = LiveRoom(LOBBY)
    reader = reader_of(live, 2)
    live.mark_behind()
    live.move(at(9))
    assert live.position_of(reader) == at(2)
    assert list(live.others) == [reader]


def test_who_is_written_to_otherwise_changes_lanes() -> None:
    live = LiveRoom(LOBBY)
    reader = reader_of(live, framing=Framing.SSE_WITH_ID)
    reader.framing = Framing.SSE
    live.reframe(reader, Framing.SSE_WITH_ID)
    assert not live.groups[Framing.SSE_WITH_ID]
    assert list(live.groups[Framing.SSE]) == [reader]


def test_who_leaves_is_in_no_lane_and_the_last_one_leaves_it_deserted() -> None:
    live = LiveRoom(LOBBY)
    readers = [reader_of(live), reader_of(live, 7)]
    for reader in readers:
        assert not live.is_empty
        live.leave(reader)
    assert live.is_empty
    assert list(live.readers) == []
