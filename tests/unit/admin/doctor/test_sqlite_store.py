"""The store and its disk are looked at, and stay as they are."""

import time
from pathlib import Path

import pytest

from chat.admin.doctor import sqlite_store
from chat.admin.doctor.finding import Finding, Level
from chat.backplane.embedded import schema


@pytest.fixture
def store(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    schema.prepare(tmp_path / "parley.sqlite3")
    return tmp_path


def found(folder: Path, *, min_free_bytes: int = 0) -> list[Finding]:
    every = sqlite_store.check(folder, min_free_bytes=min_free_bytes)
    return [one for one in every if one.level is Level.PROBLEM]


def test_of_a_good_store_nothing_is_said(store: Path) -> None:
    before = sorted((path.name, path.stat().st_size) for path in store.iterdir())
    assert found(store) == []
    assert sorted((path.name, path.stat().st_size) for path in store.iterdir()) == before


def test_a_damaged_store_is_named_with_what_brings_it_back(store: Path) -> None:
    path = store / "parley.sqlite3"
    content = path.read_bytes()
    for damaged in (b"no database" * 900, content[:4096] + b"\xff" * (len(content) - 4096)):
        path.write_bytes(damaged)
        (one,) = found(store)
        assert ("damaged" in one.what or "can't be read" in one.what) and "restore" in one.todo


def test_a_disk_that_is_full_soon_is_named_with_the_days(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = schema.connect(store / "parley.sqlite3")
    now = time.time()
    rows = [("u", "r", str(number), number, b"", now) for number in range(1000)]
    connection.executemany("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    assert found(store) == []
    monkeypatch.setattr(sqlite_store, "FEW_DAYS", 10**12)
    (one,) = found(store)
    assert "nearly full" in one.what and "days at the growth of today" in one.what
