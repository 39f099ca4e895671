"""Of answers that nobody takes so many wait, and whoever has most loses their first."""

from chat.http.unread import Unread
from chat.net.addresses import host_of


class Connection:
    def __init__(self, client: str) -> None:
        self.client = client
        self.is_dropped = False

    def drop(self) -> None:
        self.is_dropped = True


def dropped(connections: list[Connection]) -> list[int]:
    return [number for number, one in enumerate(connections) if one.is_dropped]


def test_at_one_address_the_first_goes_when_there_is_one_too_many() -> None:
    unread = Unread(host_of, most_at_address=3, most=100)
    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1"]
    connections = [Connection(address) for address in addresses]
    for connection in connections:
        unread.add(connection)
    assert dropped(connections) == []
    more = Connection("192.0.2.1")
    unread.add(more)
    assert dropped([*connections, more]) == [0]
    assert (len(unread), unread.dropped) == (4, 1)


def test_one_that_has_been_taken_makes_room() -> None:
    unread = Unread(host_of, most_at_address=1, most=100)
    connections = [Connection("192.0.2.1") for _ in range(3)]
    for connection in connections:
        unread.add(connection)
        unread.discard(connection)
        unread.discard(connection)
    assert dropped(connections) == [] and len(unread) == 0


def test_an_ipv6_network_of_one_host_is_one_address() -> None:
    unread = Unread(host_of, most_at_address=1, most=100)
    connections = [Connection(f"2001:db8::{number}") for number in range(3)]
    for connection in connections:
        unread.add(connection)
    assert dropped(connections) == [0, 1]


def test_in_all_whoever_has_most_loses_their_first() -> None:
    unread = Unread(host_of, most_at_address=10, most=5)
    addresses = [f"192.0.2.{number}" for number in (1, 2, 2, 3, 3, 3)]
    connections = [Connection(address) for address in addresses]
    for connection in connections:
        unread.add(connection)
    assert dropped(connections) == [3]
