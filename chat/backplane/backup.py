"""The format of a backup, the same for both stores: a backup moves a deployment between them.

A backup is a gzipped file of JSON lines: a Header; Members; for each room a Room followed by its
Lines and Values; Keys; blocks; Settings; and an End. A file without an End was cut short. Members
come first for two reasons: no read marker is then past the end of its log, and while servers run,
no member is refused in a room that is already restored.
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

# Increase it when a program of this version can't read the new format.
FORMAT: Final = 3
# A line holds a text of 4,000 characters twice, once as HTML, and both may be escaped.
MAX_LINE_BYTES: Final = 4 << 20
_LAST_BACKUP: Final = "last_backup"  # an empty file; each backup updates its time


class Header(msgspec.Struct, tag="parley"):
    format: int
    made: str


class Room(msgspec.Struct, tag="room", omit_defaults=True):
    """A room's log. ``top`` and ``messages`` also count the entries that were trimmed.

    ``folded``: edits, deletions and reactions are already applied to the messages. In backups of
    earlier versions the messages are as they were sent, and the restore applies the changes.
    """

    room: str
    top: int
    messages: int
    folded: bool = False


class Line(msgspec.Struct, tag="entry", omit_defaults=True):
    """An entry of the Room above it; ``messages`` counts the room's messages up to this entry."""

    offset: int
    kind: str
    messages: int
    body: msgspec.Raw
    target: int | None = None
    edit: int | None = None  # the offset of its newest edit
    reactions: list[tuple[str, list[str]]] = []


class Member(msgspec.Struct, tag="member", omit_defaults=True):
    """A membership and its read marker. For the lobby, where everybody is, only the marker."""

    user: str
    room: str
    read_offset: int
    read_messages: int
    since: int | None = None  # the offset of the entry by which they joined; None: unknown


class Value(msgspec.Struct, tag="record"):
    """A record of the Room above it."""

    key: str
    value: msgspec.Raw


class Key(msgspec.Struct, tag="key"):
    """A message's idempotency key; ``at`` is in seconds since 1970."""

    user: str
    room: str
    key: str
    offset: int
    digest: bytes
    at: float


class Blocked(msgspec.Struct, tag="bar"):
    block: Block = msgspec.field(name="bar")  # the name in existing backups


class Setting(msgspec.Struct, tag="setting"):
    """A value of a group (chat.backplane.values)."""

    group: str
    key: str
    value: bytes


class End(msgspec.Struct, tag="end"):
    """The last line: how many records of each kind the backup holds."""

    counts: dict[str, int]


Record = Room | Line | Value | Member | Key | Blocked | Setting
_decoder: Final = msgspec.json.Decoder(Header | Record | End)


def note_backup(data_dir: Path) -> None:
    """Record in ``data_dir``, if that folder exists, that a backup was made now."""
    if data_dir.is_dir():
        private_files.ensure(data_dir / _LAST_BACKUP)
        with suppress(OSError):  # the backup is valid even if its time can't be recorded
            (data_dir / _LAST_BACKUP).touch()


def last_backup_s(data_dir: Path) -> float | None:
    """Return when the last backup was made, in seconds since 1970, or None for never."""
    try:
        return (data_dir / _LAST_BACKUP).stat().st_mtime
    except OSError:
        return None


async def write(path: Path, records: AsyncIterator[Record]) -> Counter[str]:
    """Write ``path``, whole or not at all, readable by its owner alone. Raises SettingsError."""
    draft = path.with_name(path.name + ".part")
    try:
        with private_files.create(draft) as raw:
            counts = await write_to(raw, records)
        draft.rename(path)
    except OSError as error:
        with suppress(OSError):  # the disk may be full or read-only
            draft.unlink(missing_ok=True)
        raise SettingsError(f"{path} can't be written ({error.strerror}).") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return counts


async def write_to(raw: BinaryIO, records: AsyncIterator[Record]) -> Counter[str]:
    """Write ``records`` to ``raw``; return the count of each kind. Raises OSError."""
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
    """Read ``path`` to its end; return the count of each kind. Raises SettingsError."""
    counts: Counter[str] = Counter()
    for record in read(path):
        counts[str(record.__struct_config__.tag)] += 1
    return counts


def read(path: Path) -> Iterator[Record]:
    """Yield the records of ``path`` in order. Raises SettingsError if it is no complete backup."""
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
