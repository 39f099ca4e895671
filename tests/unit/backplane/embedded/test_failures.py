"""What SQLite refuses is told to operators in a sentence, whichever of its many codes it has."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chat.backplane.embedded.failures import FilesReplaced, reason


def connect(path: Path, options: str = "") -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}{options}", uri=True, timeout=0, isolation_level=None)


def full(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE more (x)")


def read_only(path: Path) -> None:
    with closing(connect(path, "?mode=ro")) as connection:
        connection.execute("CREATE TABLE more (x)")


def locked(path: Path) -> None:
    with closing(connect(path)) as other, closing(connect(path)) as connection:
        other.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE more (x)")


def no_database(path: Path) -> None:
    path.write_bytes(b"\xff" * 8192)
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE more (x)")


def damaged(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE words (word)")
    with path.open("r+b") as file:
        file.seek(4096)  # the header stays
        file.write(b"\xff" * 4096)
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO words VALUES (1)")


def missing(path: Path) -> None:
    with closing(connect(path.with_name("nowhere") / "db")) as connection:
        connection.execute("CREATE TABLE more (x)")


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (full, "disk is full"),
        (read_only, "read-only"),
        (locked, "holds the database's lock"),
        (no_database, "damaged"),
        (damaged, "damaged"),
        (missing, "can't be opened"),
    ],
)
def test_what_sqlite_refuses_has_words(
    tmp_path: Path, fail: Callable[[Path], None], words: str
) -> None:
    with closing(connect(tmp_path / "db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(sqlite3.Error) as caught:
        fail(tmp_path / "db")
    assert words in reason(caught.value)


def test_anything_else_has_words_too() -> None:
    assert "removed or replaced" in reason(FilesReplaced())
    assert reason(sqlite3.OperationalError("of our own making")) == "The database fails."
    assert reason(RuntimeError()) == "The database fails."
