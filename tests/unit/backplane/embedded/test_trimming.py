from pathlib import Path

from chat.backplane.embedded import bodies, schema, trimming
from chat.backplane.limits import TRIM_BATCH
from chat.protocol.entries import MessageBody


def stored(number: int) -> bytes:
    """Return a message's body, every second one as earlier versions have stored it."""
    body = MessageBody(user="u", name="U", time=f"{number:06d}", key="k", text="hi", html="hi")
    return bodies.pack(body) if number % 2 else body.encode()


def test_a_long_log_is_trimmed_step_by_step(tmp_path: Path) -> None:
    path, count = tmp_path / "db", 2 * TRIM_BATCH + 10
    schema.prepare(path)
    connection = schema.connect(path)
    connection.execute("INSERT INTO rooms VALUES ('dev', 'e', ?, ?)", (count, count))
    connection.executemany(
        "INSERT INTO entries VALUES ('dev', ?, 'message', NULL, ?, ?)",
        [(number, number, stored(number)) for number in range(1, count + 1)],
    )

    def left() -> int:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    assert trimming.trim_some(connection, "dev", keep=5, before=None)
    assert left() == count - TRIM_BATCH
    before = f"{2 * TRIM_BATCH + 1:06d}"
    assert trimming.trim_some(connection, "dev", keep=None, before=before)
    assert not trimming.trim_some(connection, "dev", keep=None, before=before)
    assert left() == 10
    assert not trimming.trim_some(connection, "dev", keep=5, before=None)
    assert left() == 5
    connection.close()
