"""What is kept is its owner's alone, whatever the umask, and however it was made before."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat.accounts.secret import load_secret
from chat.backplane.embedded import schema
from chat.settings import private_files

UMASKS = (0o000, 0o022, 0o077, 0o277, 0o777)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", UMASKS)
def test_a_folder_a_secret_and_a_store_are_the_owners_alone(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "data"
    with umask(mask):
        load_secret(None, folder)
        schema.prepare(folder / "parley.sqlite3")
        connection = schema.connect(folder / "parley.sqlite3")
        connection.execute("CREATE TABLE t (a)")
    modes = {path.name: mode_of(path) for path in folder.iterdir()}
    connection.close()
    assert modes == dict.fromkeys(
        ("secret", "parley.sqlite3", "parley.sqlite3-wal", "parley.sqlite3-shm"), 0o600
    )
    assert mode_of(folder) == 0o700


def test_what_was_open_to_others_no_longer_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    store = folder / "parley.sqlite3"
    load_secret(None, folder)
    schema.prepare(store)
    connection = schema.connect(store)
    connection.execute("CREATE TABLE t (a)")
    for path in folder.iterdir():
        path.chmod(0o666)
    folder.chmod(0o755)
    with caplog.at_level(logging.INFO, "chat.settings.private_files"):
        load_secret(None, folder)
        schema.connect(store).close()
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}
    assert mode_of(folder) == 0o700
    connection.close()
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert f"{folder / 'secret'} was open to other users of this machine (666)" in told


def test_a_folder_that_holds_something_else_is_left_as_it_is_and_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "photo.jpg").touch()
    tmp_path.chmod(0o755)
    load_secret(None, tmp_path)
    load_secret(None, tmp_path)
    assert mode_of(tmp_path) == 0o755
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING and "a folder of its own" in warning.getMessage()
    assert mode_of(tmp_path / "secret") == 0o600
    caplog.clear()


@pytest.mark.parametrize("mask", UMASKS)
def test_a_file_in_the_place_of_another_has_rights_of_its_own(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "backup.part"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with path.open("rb") as reader, umask(mask):
        with private_files.create(path) as file:
            file.write(b"new")
        assert reader.read() == b"old"
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o600)


def test_what_cannot_be_made_is_for_who_opens_it_to_say(tmp_path: Path) -> None:
    private_files.ensure(tmp_path / "nowhere" / "file")
    private_files.narrow(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []
