"""Files and folders that only the user may use whom the server runs as, whatever its umask.

What was made with wider rights, by an older version or by hand, is narrowed where it is used.
"""

import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

log: Final = logging.getLogger(__name__)

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077
# What Parley keeps in DATA_DIR; a folder with anything else in it is not only ours to close.
_OURS: Final = re.compile(r"lock|last_backup|secret(\.new)?|parley\.sqlite3.*")
_told: Final[set[Path]] = set()  # of these folders the operator has been warned


def make_folder(path: Path) -> None:
    """Make ``path`` if it is not there; narrow its rights if it is ours alone, else warn once.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        _narrow_folder(path)
    else:
        path.chmod(FOLDER_MODE)  # the umask may have taken our own rights away


def ensure(path: Path) -> None:
    """Make an empty file of ``path`` if it is not there; narrow its rights if it is.

    A program that opens it then finds the rights that it should have. Where nothing can be made
    or changed here nothing is said: whoever uses the file finds out, or does without.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        os.fchmod(descriptor, FILE_MODE)
        _give_to_owner_of_folder(descriptor, path)
        os.close(descriptor)
    narrow(path)


def narrow(path: Path) -> None:
    """Take others' rights to ``path`` away, if it is there and that can be done."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
            log.info(
                "%s was open to other users of this machine (%03o); it no longer is", path, mode
            )


@contextmanager
def create(path: Path, *, is_for_server: bool = False) -> Iterator[BinaryIO]:
    """Write a new file in the place of ``path``; it is on the disk when this ends.

    ``is_for_server`` says that a server reads it, as whose user it may not run now.
    Raises OSError.
    """
    path.unlink(missing_ok=True)  # who has it open, or may read it, does not get what is new
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)
        if is_for_server:
            _give_to_owner_of_folder(descriptor, path)
        yield file
        file.flush()
        os.fsync(descriptor)


def _give_to_owner_of_folder(descriptor: int, path: Path) -> None:
    """Let a server use what root makes in its folder: a command of an operator's, as a rule."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)


def _narrow_folder(path: Path) -> None:
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & _OTHERS or path in _told:
        return
    is_ours = found.st_uid == os.geteuid() and all(
        _OURS.fullmatch(name) for name in os.listdir(path)
    )
    if is_ours:
        narrow(path)
    else:
        _told.add(path)
        log.warning(
            "DATA_DIR: other users of this machine have rights to %s (%03o), which holds more than "
            "Parley's files or is somebody else's. Give Parley a folder of its own",
            *(path, mode),
        )
