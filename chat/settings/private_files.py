"""Files and folders that only the server's own user can use, whatever the umask is.

If an older version or a person made one with wider permissions, they are narrowed on use.
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
# The files of Parley in DATA_DIR. A folder that has others may be others': its permissions stay.
_OURS: Final = re.compile(r"lock|last_backup|secret(\.new)?|parley\.sqlite3.*|search.*|files")
_warned: Final[set[Path]] = set()  # the folders that the log has warned of


def make_folder(path: Path) -> None:
    """Make ``path`` if it is missing; else narrow its permissions if it holds only our files.

    Logs one warning if it holds others' files, too. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        _narrow_folder(path)
    else:
        path.chmod(FOLDER_MODE)  # the umask may have removed the owner's own permissions


def ensure(path: Path) -> None:
    """Make an empty file at ``path`` if it is missing; narrow its permissions if it exists.

    So the file has the right permissions before another program opens it. Ignores an OSError:
    the code that uses the file reports it, or does without the file.
    """
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        os.fchmod(descriptor, FILE_MODE)
        _give_to_owner_of_folder(descriptor, path)
        os.close(descriptor)
    narrow(path)


def narrow(path: Path) -> None:
    """Remove other users' permissions for ``path``; ignore an OSError."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS)
            log.info(
                "%s was open to other users of this machine (%03o); it no longer is", path, mode
            )


@contextmanager
def create(path: Path, *, is_for_server: bool = False) -> Iterator[BinaryIO]:
    """Replace ``path`` by a new file, on disk when the context ends. Raises OSError.

    ``is_for_server`` makes it readable for the server, even if another user writes it.
    """
    path.unlink(missing_ok=True)  # readers of the old file must not see the new content
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)
        if is_for_server:
            _give_to_owner_of_folder(descriptor, path)
        yield file
        file.flush()
        os.fsync(descriptor)


def _give_to_owner_of_folder(descriptor: int, path: Path) -> None:
    """Give a file that root makes, usually by an operator's command, to its folder's owner."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)


def _narrow_folder(path: Path) -> None:
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & _OTHERS or path in _warned:
        return
    is_ours = found.st_uid == os.geteuid() and all(
        _OURS.fullmatch(name) for name in os.listdir(path)
    )
    if is_ours:
        narrow(path)
    else:
        _warned.add(path)
        log.warning(
            "DATA_DIR: other users of this machine have rights to %s (%03o), which holds more than "
            "Parley's files or is somebody else's. Give Parley a folder of its own",
            *(path, mode),
        )
