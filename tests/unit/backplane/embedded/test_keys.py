import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.backplane.embedded import schema
from chat.backplane.embedded.keys import MOVE_AT, Key, Keys, Sent
from chat.backplane.limits import DEDUPE_S, PURGE_LIMIT

NOW = 1e9


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    schema.prepare(tmp_path / "db")
    connection = schema.connect(tmp_path / "db")
    yield connection
    connection.close()


def key(number: int, room: str = "dev", user: str = "ada") -> Key:
    return user, room, f"k{number}"


def sent(number: int, room: str = "dev") -> dict[Key, Sent]:
    return {key(number, room): Sent(number, b"digest", NOW)}


def test_keys_are_found_before_and_after_they_are_moved_also_by_another_run(
    connection: sqlite3.Connection,
) -> None:
    keys = Keys()
    for number in range(MOVE_AT + 10):
        keys.add(connection, sent(number))
    assert connection.execute("SELECT count(*) FROM recent_keys").fetchone() == (10,)
    wanted = [key(0), key(MOVE_AT + 1), key(MOVE_AT + 10), key(0, user="bob")]
    expected = sent(0) | sent(MOVE_AT + 1)
    for known in (keys, Keys()):
        assert known.find(connection, wanted, NOW) == expected
        assert not known.find(connection, wanted, NOW + DEDUPE_S)


def test_a_key_whose_transaction_was_rolled_back_is_not_found(
    connection: sqlite3.Connection,
) -> None:
    keys = Keys()
    keys.add(connection, sent(1))
    connection.execute("BEGIN")
    keys.add(connection, sent(2))
    connection.execute("ROLLBACK")
    keys.forget()
    assert keys.find(connection, [key(1), key(2)], NOW) == sent(1)


def test_keys_of_a_removed_room_are_in_neither_table(connection: sqlite3.Connection) -> None:
    keys = Keys()
    for room in ("dev", "other"):
        keys.add(connection, sent(1, room))
        keys.move(connection)
        keys.add(connection, sent(2, room))
    keys.remove_room(connection, "dev")
    assert not keys.find(connection, [key(1), key(2)], NOW)
    assert len(keys.find(connection, [key(1, "other"), key(2, "other")], NOW)) == 2
    for table in ("keys", "recent_keys"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def test_expired_keys_are_purged_step_by_step(connection: sqlite3.Connection) -> None:
    keys, count = Keys(), PURGE_LIMIT + 10
    connection.execute("BEGIN")
    for at in (NOW, NOW + 1):
        some = {("ada", f"{at}", f"{n}"): Sent(n, b"digest", at) for n in range(count)}
        keys.add(connection, some)
    for now, steps, left in ((DEDUPE_S - 1, 3, 2 * count), (DEDUPE_S, 3, count), (2e9, 2, 0)):
        while keys.purge(connection, now=NOW + now):
            steps -= 1
        assert steps == 1
        assert connection.execute("SELECT count(*) FROM keys").fetchone() == (left,)
    connection.execute("COMMIT")
