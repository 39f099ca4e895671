from pathlib import Path

from chat.backplane.embedded import removal, schema
from chat.backplane.embedded.keys import Keys
from chat.backplane.embedded.removal import Removed
from chat.backplane.limits import PURGE_LIMIT


def test_a_large_room_is_removed_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "db"
    schema.prepare(path)
    connection = schema.connect(path)
    connection.execute("BEGIN")  # one transaction, not one for each entry
    for room in ("dev", "other"):
        connection.execute("INSERT INTO rooms VALUES (?, 'e', 0, 0)", (room,))
        connection.execute("INSERT INTO memberships VALUES ('ada', ?, 0, 0)", (room,))
        connection.executemany(
            "INSERT INTO entries VALUES (?, ?, 'joined', NULL, 0, '')",
            [(room, offset) for offset in range(1, 2 * PURGE_LIMIT + 1)],
        )
    connection.execute("COMMIT")
    left = []
    while (removed := removal.remove_some(connection, Keys(), "dev")) is None:
        left += connection.execute("SELECT count(*) FROM entries WHERE room = 'dev'").fetchone()
        assert connection.execute("SELECT count(*) FROM rooms").fetchone() == (2,)
    assert (left, removed) == ([PURGE_LIMIT, 0], Removed(["dev"]))
    for table in ("rooms", "memberships"):
        assert connection.execute(f"SELECT room FROM {table}").fetchall() == [("other",)]
    assert connection.execute("SELECT count(*) FROM entries").fetchone() == (2 * PURGE_LIMIT,)
    connection.close()
