"""The log's file is made, kept, and refused where it is not ours."""

import sqlite3
from pathlib import Path

import pytest

from chat.backplane.embedded import tables
from chat.errors import SettingsError


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


def set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_tables_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "db"
    tables.prepare(path)
    assert version_of(path) == tables.VERSION
    connection = tables.connect(path)
    connection.execute("INSERT INTO rooms VALUES ('dev', 'e', 0, 0)")
    connection.close()
    tables.prepare(path)
    connection = tables.connect(path)
    assert connection.execute("SELECT room FROM rooms").fetchall() == [("dev",)]
    connection.close()


def test_what_is_committed_is_synced_and_readers_go_on_meanwhile(tmp_path: Path) -> None:
    connection = tables.connect(tmp_path / "db")
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_tables_of_another_version_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "db"
    tables.prepare(path)
    set_version(path, tables.VERSION + 1)
    with pytest.raises(SettingsError, match=f"tables {tables.VERSION + 1}"):
        tables.prepare(path)
    assert version_of(path) == tables.VERSION + 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="DATA_DIR"):
        tables.prepare(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DATA_DIR"):
        tables.prepare(tmp_path / "nowhere" / "db")
