from pathlib import Path

from chat.backplane.embedded import schema, trimming
from chat.backplane.limits import TRIM_BATCH


def test_a_long_log_is_trimmed_step_by_step(tmp_path: Path) -> None:
    path, count = tmp_path / "db", 2 * TRIM_BATCH + 10
    schema.prepare(path)
    connection = schema.connect(path)
    connection.execute("INSERT INTO rooms VALUES ('dev', 'e', ?, ?)", (count, count))
    connection.executemany(
        "INSERT INTO entries VALUES ('dev', ?, 'message', NULL, ?, ?)",
        [(number, number, b'{"time":"%06d"}' % number) for number in range(1, count + 1)],
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
