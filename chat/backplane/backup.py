"""What a backup holds, whichever store it is of: so one moves from one process to many, and back.

A gzipped file of JSON lines: a Header, Members, then for each room a Room and behind it its Lines,
Keys, Bars, and an End, without which the file was cut short. Members come first: so nobody has read
more than there is, and where servers run nobody is refused in a room that was restored already.
"""

import gzip
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from chat.accounts.blocklist import Block
from chat.errors import SettingsError
from chat.settings import private_files

# The next one that a program of this version can't read gets the next number.
FORMAT: Final = 1
# Of a line: a text of 4,000 characters is there twice, as HTML too, and each may be escaped.
MAX_LINE_BYTES: Final = 4 << 20
_LAST_BACKUP: Final = "last_backup"  # an empty file, that changes with each


class Header(msgspec.Struct, tag="parley"):
    format: int
    made: str


class Room(msgspec.Struct, tag="room", omit_defaults=True):
    """``top`` and ``messages`` are of the whole log, of which the oldest may have been trimmed.

    ``folded``: its messages are as they stood. In backups that versions before made they are as
    they were sent, and edits, deletions and reactions are to be applied to them.
    """

    room: str
    top: int
    messages: int
    folded: bool = False


class Line(msgspec.Struct, tag="entry", omit_defaults=True):
    """An entry of the last room; ``messages`` is how many there were with it.

    Of a message that was edited ``edit`` is the newest edit's offset.
    """

    offset: int
    kind: str
    messages: int
    body: msgspec.Raw
    target: int | None = None
    edit: int | None = None
    reactions: list[tuple[str, list[str]]] = []


class Member(msgspec.Struct, tag="member"):
    """In the lobby everybody is, and this is a read marker alone."""

    user: str
    room: str
    read_offset: int
    read_messages: int


class Key(msgspec.Struct, tag="key"):
    """A key that a message came with; ``at`` is in seconds since 1970."""

    user: str
    room: str
    key: str
    offset: int
    digest: bytes
    at: float


class Blocked(msgspec.Struct, tag="bar"):
    block: Block = msgspec.field(name="bar")  # as backups have it


class End(msgspec.Struct, tag="end"):
    """How many there were of each."""

    counts: dict[str, int]


Record = Room | Line | Member | Key | Blocked
_decoder: Final = msgspec.json.Decoder(Header | Room | Line | Member | Key | Blocked | End)


def note_backup(data_dir: Path) -> None:
    """Note in ``data_dir``, if there is such a folder, that a backup was made now."""
    if data_dir.is_dir():
        private_files.ensure(data_dir / _LAST_BACKUP)
        with suppress(OSError):  # what was written is a backup, whether its time is noted or not
            (data_dir / _LAST_BACKUP).touch()


def last_backup_s(data_dir: Path) -> float | None:
    """Return when the last backup was made, in seconds since 1970; None: never."""
    try:
        return (data_dir / _LAST_BACKUP).stat().st_mtime
    except OSError:
        return None


async def write(path: Path, records: AsyncIterator[Record]) -> Counter[str]:
    """Write ``records`` to ``path``, whole or not at all; return how many of each there are.

    Only its owner may read it: it holds all that was ever said. Raises SettingsError.
    """
    draft = path.with_name(path.name + ".part")
    try:
        with private_files.create(draft) as raw:
            counts = await write_to(raw, records)
        draft.rename(path)
    except OSError as error:
        with suppress(OSError):  # the disk may be full, or take nothing at all
            draft.unlink(missing_ok=True)
        raise SettingsError(f"{path} can't be written ({error.strerror}).") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return counts


async def write_to(raw: BinaryIO, records: AsyncIterator[Record]) -> Counter[str]:
    """Write ``records`` to ``raw``; return how many of each there are. Raises OSError."""
    counts: Counter[str] = Counter()
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as file:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(msgspec.json.encode(Header(FORMAT, now)) + b"\n")
        async for record in records:
            file.write(msgspec.json.encode(record) + b"\n")
            counts[str(record.__struct_config__.tag)] += 1
        file.write(msgspec.json.encode(End(dict(counts))) + b"\n")
    return counts


def check(path: Path) -> Counter[str]:
    """Read ``path`` to its end; return how many of each there are. Raises SettingsError."""
    counts: Counter[str] = Counter()
    for record in read(path):
        counts[str(record.__struct_config__.tag)] += 1
    return counts


def read(path: Path) -> Iterator[Record]:
    """Yield what ``path`` holds, in its order. Raises SettingsError where it is no whole backup."""
    counts: Counter[str] = Counter()
    try:
        with gzip.open(path) as file:
            header = _decoder.decode(file.readline(MAX_LINE_BYTES))
            if not isinstance(header, Header):
                raise SettingsError(f"{path} is no backup of Parley's.")
            if header.format > FORMAT:
                raise SettingsError(
                    f"{path} was made by a newer version of Parley (format {header.format}, this "
                    f"one reads {FORMAT}). Restore it with that version."
                )
            while line := file.readline(MAX_LINE_BYTES):
                record = _decoder.decode(line)
                if isinstance(record, End):
                    if record.counts == dict(counts):
                        return
                    break
                if isinstance(record, Header):
                    break
                counts[str(record.__struct_config__.tag)] += 1
                yield record
    except OSError as error:
        raise SettingsError(f"{path} can't be read ({error.strerror or error}).") from error
    except (EOFError, msgspec.MsgspecError) as error:
        raise SettingsError(f"{path} is no whole backup of Parley's: {error}.") from error
    raise SettingsError(f"{path} was cut short; nothing of it can be relied on.")
