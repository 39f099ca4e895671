"""Checks the embedded store, and the disk that it is on. Changes nothing there."""

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chat.admin.doctor.finding import Finding, note, ok, problem
from chat.backplane.embedded.schema import SCHEMA
from chat.backplane.limits import DEDUPE_S

_STORE: Final = "store"
_DISK: Final = "disk"
# SQLite needs some room beside the database, and somebody needs time to react.
FEW_DAYS: Final = 30
_OTHERS: Final = 0o077


def check(data_dir: Path, *, min_free_bytes: int) -> Iterator[Finding]:
    """Yield what is wrong with the store in ``data_dir``."""
    path = data_dir / "parley.sqlite3"
    if not path.exists():
        yield problem(
            _STORE,
            f"There is no {path}.",
            "Set DATA_DIR to the folder of the server, as the server has it.",
        )
        return
    yield from _permissions(data_dir, path)
    growth = 0.0
    try:
        connection = _opened(path)
        try:
            yield from _content(connection, path)
            growth = _growth(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        yield problem(
            _STORE,
            f"{path} can't be read ({error}).",
            "Restore the last backup: python app.py admin restore FILE --overwrite",
        )
    yield from _disk(data_dir, growth, min_free_bytes)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a store to read it. Makes no files beside it: they could be another user's, here root's.

    Where there are none, no server has it open: then it may be read as one that does not change.
    """
    has_log = path.with_name(f"{path.name}-wal").exists()
    mode = "mode=ro" if has_log else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=5)


def _permissions(data_dir: Path, path: Path) -> Iterator[Finding]:
    for place in (data_dir, path):
        mode = stat.S_IMODE(place.stat().st_mode)
        if mode & _OTHERS:
            yield problem(
                _STORE,
                f"Other users of this machine have rights to {place} ({mode:03o}).",
                f"chmod go= {place}",
            )
    owners = {data_dir.stat().st_uid, path.stat().st_uid}
    if len(owners) > 1:
        yield problem(
            _STORE,
            f"{path} and its folder belong to different users.",
            f"chown -R --reference={data_dir} {data_dir}",
        )
    elif os.geteuid() not in (0, *owners):
        yield note(_STORE, f"{data_dir} belongs to another user than the one who runs this.")


def _content(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA.version:
        yield note(_STORE, f"{path} is of a newer version of Parley (its tables: {version}).")
    elif version < SCHEMA.version:
        yield note(
            _STORE,
            f"{path} is of an earlier version of Parley (its tables: {version}).",
            "The server converts it when it starts; python app.py admin migrate does so now.",
        )
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        yield problem(
            _STORE,
            f"{path} is damaged: {answer}",
            "Stop the server, and restore the last backup: python app.py admin restore FILE "
            "--overwrite",
        )
        return
    (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    yield ok(_STORE, f"{path} is whole: {count} entries, tables of version {version}.")


def _growth(connection: sqlite3.Connection, path: Path) -> float:
    """Return by how many bytes the store grows in a day, from the messages of the last day."""
    since = time.time() - DEDUPE_S
    (fresh,) = connection.execute("SELECT count(*) FROM keys WHERE at > ?", (since,)).fetchone()
    (entries,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    each_bytes = path.stat().st_size / max(1, int(entries))
    return int(fresh) * each_bytes * 86400 / DEDUPE_S


def _disk(data_dir: Path, growth: float, min_free_bytes: int) -> Iterator[Finding]:
    free = shutil.disk_usage(data_dir).free
    days = free / growth if growth else None
    lasts = f", which lasts {days:.0f} days at the growth of today" if days is not None else ""
    what = f"{free >> 20} MB are free on the disk of {data_dir}{lasts}."
    if free < min_free_bytes or (days is not None and days < FEW_DAYS):
        yield problem(
            _DISK,
            f"The disk is nearly full: {what}",
            "Make room or move DATA_DIR to a larger disk; HISTORY_DAYS keeps less, and python "
            "app.py admin compact gives back what was removed.",
        )
    else:
        yield ok(_DISK, what)
