"""A room is there as long as somebody reads it, or is expected back."""

from chat.hub.reader import Reader
from chat.hub.room import LiveRoom
from chat.hub.rooms import LiveRooms
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Framing
from chat.rooms import LOBBY
from tests.unit.fakes import BOB, EPOCH, FakeSink


def at(offset: int) -> Position:
    return Position(EPOCH, offset)


def made() -> tuple[LiveRooms, list[LiveRoom]]:
    """Return no rooms, and the list of those that become empty."""
    empty: list[LiveRoom] = []
    return LiveRooms(empty.append), empty


def test_a_room_is_there_until_its_last_reader_leaves() -> None:
    rooms, empty = made()
    readers = [Reader(FakeSink(), BOB, Framing.WEBSOCKET) for _ in range(2)]
    for reader in readers:
        rooms.subscribe(reader, LOBBY, at(3))
    rooms.unsubscribe(readers[0], LOBBY)
    assert list(rooms) == [LOBBY] and not readers[0].rooms
    rooms.remove(readers[1])
    assert readers[1].is_gone and not rooms
    assert [live.name for live in empty] == [LOBBY]


def test_a_room_stays_for_a_parked_reader_until_that_is_removed() -> None:
    rooms, _ = made()
    reader = Reader(FakeSink(), BOB, Framing.POLL)
    rooms.subscribe(reader, LOBBY, at(3))
    rooms.park(reader)
    assert (len(rooms[LOBBY]), rooms[LOBBY].parked) == (0, 1)
    rooms.park(reader)  # a second time changes nothing
    assert rooms[LOBBY].parked == 1
    rooms.remove(reader)
    assert not rooms


def test_a_parked_reader_that_leaves_a_room_is_not_expected_back_there() -> None:
    rooms, empty = made()
    reader = Reader(FakeSink(), BOB, Framing.POLL)
    for room in (LOBBY, "dev"):
        rooms.subscribe(reader, room, at(3))
    rooms.park(reader)
    rooms.unsubscribe(reader, "dev")
    assert list(rooms) == [LOBBY] and [live.name for live in empty] == ["dev"]
    rooms.unsubscribe(reader, "dev")  # a second time changes nothing
    rooms.remove(reader)
    assert not rooms


def test_an_event_stream_has_ids_while_it_reads_one_room() -> None:
    rooms, _ = made()
    reader = Reader(FakeSink(), BOB, Framing.SSE)
    rooms.subscribe(reader, LOBBY, at(1))
    assert reader.framing is Framing.SSE_WITH_ID
    rooms.subscribe(reader, "dev", at(1))
    assert reader.framing is Framing.SSE
    rooms.unsubscribe(reader, "dev")
    assert reader.framing is Framing.SSE_WITH_ID


def test_a_reader_at_the_rooms_position_is_up_to_date() -> None:
    rooms, _ = made()
    reader, behind = (Reader(FakeSink(), BOB, Framing.WEBSOCKET) for _ in range(2))
    rooms.subscribe(reader, LOBBY, at(3))
    rooms.subscribe(behind, LOBBY, at(2))
    assert not rooms.is_up_to_date(reader, LOBBY)  # nobody is live
    rooms[LOBBY].begin(at(3))
    assert rooms.is_up_to_date(reader, LOBBY)
    assert not rooms.is_up_to_date(behind, LOBBY)
