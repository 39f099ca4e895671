"""Reads the files of a zip archive that somebody else has made; nothing is unpacked to the disk."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from chat.admin.importing.source import BadExport

# A day of a busy channel has some megabytes.
MAX_FILE_BYTES: Final = 100_000_000
# An export of ten million messages.
MAX_BYTES: Final = 20_000_000_000
# JSON becomes a tenth, in rare cases a thirtieth; a bomb becomes a thousandth.
MAX_RATIO: Final = 100
MAX_FILES: Final = 1_000_000


class Archive:
    """A zip archive, whose files are read into memory one at a time."""

    def __init__(self, path: Path) -> None:
        """Open ``path``. Raises BadExport if it is damaged, or larger than anything real."""
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise BadExport(f"{path} is no whole zip archive ({error}).") from error
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        self._infos = {info.filename: info for info in infos}
        whole = sum(info.file_size for info in infos)
        if len(self._infos) != len(infos):
            raise BadExport(f"{path} has two files of one name.")
        if len(infos) > MAX_FILES or whole > max(1 << 20, MAX_RATIO * path.stat().st_size):
            raise BadExport(f"{path} would be {whole >> 20} MB unpacked: no export is packed so.")
        if whole > MAX_BYTES or any(info.file_size > MAX_FILE_BYTES for info in infos):
            raise BadExport(
                f"{path} is too large: at most {MAX_FILE_BYTES // 10**6} MB a file and "
                f"{MAX_BYTES // 10**9} GB in all, unpacked."
            )
        for name in self._infos:
            if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts:
                raise BadExport(f"{path} has a file {name!r}: its name leads out of the archive.")

    def names(self) -> Sequence[str]:
        return sorted(self._infos)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, or None if there is no such file. Raises BadExport."""
        if (info := self._infos.get(name)) is None:
            return None
        try:
            return self._zip.read(info)
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
            raise BadExport(f"{name} in the archive is damaged ({error}).") from error
        except (RuntimeError, NotImplementedError) as error:
            raise BadExport(f"{name} in the archive can't be unpacked ({error}).") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._zip.close()
