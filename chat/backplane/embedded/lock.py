"""Locks the data directory: one process may use it at a time."""

import fcntl
from pathlib import Path
from typing import IO

from chat.errors import SettingsError
from chat.settings import private_files


def lock_folder(folder: Path) -> IO[str]:
    """Create ``folder``; return a lock on it, which closing releases. Raises SettingsError."""
    path = folder / "lock"
    try:
        private_files.make_folder(folder)
        private_files.ensure(path)
        lock = path.open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise
    except BlockingIOError:
        raise SettingsError(
            f"DATA_DIR: another Parley is using {folder}. Stop it first, or name another one."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: {folder} can't be used ({error.strerror}). Name a folder that Parley may "
            "write to."
        ) from error
    return lock
