"""The log's file is made, kept, and refused where it is not ours."""

import sqlite3
from pathlib import Path

import pytest

from chat.backplane.embedded import schema
from chat.backplane.embedded.schema import Schema
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
    schema.prepare(path)
    assert version_of(path) == schema.SCHEMA.version
    connection = schema.connect(path)
    connection.execute("INSERT INTO rooms VALUES ('dev', 'e', 0, 0)")
    connection.close()
    schema.prepare(path)
    connection = schema.connect(path)
    assert connection.execute("SELECT room FROM rooms").fetchall() == [("dev",)]
    connection.close()


def test_what_is_committed_is_synced_and_readers_go_on_meanwhile(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "db")
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def names(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return {name for (name,) in rows}


def test_tables_of_every_older_version_become_those_of_this_one_with_what_they_hold(
    tmp_path: Path,
) -> None:
    schema.prepare(tmp_path / "new")
    for version in range(1, schema.SCHEMA.version):
        path = tmp_path / str(version)
        schema.prepare(path, Schema(schema.SCHEMA.steps[:version], oldest=1))
        connection = schema.connect(path)
        connection.execute("INSERT INTO rooms VALUES ('dev', 'e', 0, 0)")
        connection.close()
        assert schema.prepare(path) == (version, schema.SCHEMA.version)
        assert version_of(path) == schema.SCHEMA.version
        assert names(path) == names(tmp_path / "new")
        connection = schema.connect(path)
        assert connection.execute("SELECT room FROM rooms").fetchall() == [("dev",)]
        connection.close()


def test_the_first_version_s_tables_are_what_they_were(tmp_path: Path) -> None:
    schema.prepare(tmp_path / "db", Schema(schema.SCHEMA.steps[:1], oldest=1))
    assert names(tmp_path / "db") == {"rooms", "entries", "keys", "memberships"}


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "db"
    schema.prepare(path)
    before = names(path)
    steps = (*schema.SCHEMA.steps, "CREATE TABLE more (x);\nCREATE TABLE rooms (y);")
    with pytest.raises(SettingsError, match="rooms already exists"):
        schema.prepare(path, Schema(steps, oldest=1))
    assert (names(path), version_of(path)) == (before, schema.SCHEMA.version)


@pytest.mark.parametrize("is_compatible", [True, False])
def test_tables_of_a_newer_version_are_worked_with_if_they_allow_it(
    tmp_path: Path, is_compatible: bool
) -> None:
    path, mine = tmp_path / "db", schema.SCHEMA.version
    oldest = mine if is_compatible else mine + 1
    step = f"CREATE TABLE colours (x);\nUPDATE schema SET oldest = {oldest};"
    schema.prepare(path, Schema((*schema.SCHEMA.steps, step), oldest))
    if is_compatible:
        assert schema.prepare(path) == (mine + 1, mine + 1)
    else:
        with pytest.raises(SettingsError, match="newer version of Parley"):
            schema.prepare(path)
    assert version_of(path) == mine + 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="DATA_DIR"):
        schema.prepare(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DATA_DIR"):
        schema.prepare(tmp_path / "nowhere" / "db")


@pytest.mark.parametrize("version", range(1, 8))
def test_a_program_that_does_not_know_packed_bodies_can_not_open_a_store_of_this_one(
    tmp_path: Path, version: int
) -> None:
    path, before = tmp_path / "db", Schema(schema.SCHEMA.steps[:version], oldest=1)
    schema.prepare(path, before)
    schema.prepare(path)
    with pytest.raises(SettingsError, match="newer version of Parley"):
        schema.prepare(path, before)
    assert version_of(path) == schema.SCHEMA.version
