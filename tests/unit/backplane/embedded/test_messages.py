import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.backplane.embedded import messages, schema


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    schema.prepare(tmp_path / "db")
    connection = schema.connect(tmp_path / "db")
    yield connection
    connection.close()


def fill(connection: sqlite3.Connection, kinds: list[str]) -> None:
    """Store a log of ``kinds``: "m" is a message, "o" another entry, "-" one that was trimmed."""
    connection.execute("BEGIN")
    connection.execute("DELETE FROM entries")
    count = 0
    for offset, kind in enumerate(kinds, 1):
        count += kind == "m"
        if kind != "-":
            row = ("message" if kind == "m" else "reaction", count, b"%d" % offset)
            connection.execute(
                "INSERT INTO entries VALUES ('dev', ?, ?, NULL, ?, ?)", (offset, *row)
            )
    connection.execute("COMMIT")


def test_messages_are_found_between_any_others(connection: sqlite3.Connection) -> None:
    seed = random.randrange(10**6)
    print(f"The seed is {seed}.")
    dice = random.Random(seed)
    for _ in range(60):
        kinds = ["-"] * dice.randrange(5)
        for _ in range(dice.randrange(12)):
            kinds += dice.choice(["m", "o", "-o" if "m" in kinds else "o"]) * dice.randrange(9)
        fill(connection, kinds)
        places = [offset for offset, kind in enumerate(kinds, 1) if kind == "m"]
        after, before = dice.randrange(10), dice.randrange(len(kinds) + 2)
        expected = [place for place in places if after < place < before]
        for is_forward in (True, False):
            rows = messages.find(
                connection, "dev", after=after, before=before, is_forward=is_forward,
                step=dice.randrange(1, 6),
            )  # fmt: skip
            found = [offset for offset, _, _ in rows]
            assert found == (expected if is_forward else expected[::-1]), kinds


def test_a_run_of_other_entries_is_not_read(connection: sqlite3.Connection) -> None:
    fill(connection, ["m", *"o" * 5000, "m"])
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    for is_forward in (True, False):
        rows = messages.find(
            connection, "dev", after=0, before=5003, is_forward=is_forward, step=10
        )
        assert len([*rows]) == 2
    assert steps < 5000
