"""What is kept: bringing it to this version, backing it up, restoring it."""

import fcntl
from argparse import Namespace
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

from chat import private_files
from chat.admin.command import Command
from chat.application import redis_client, redis_keys
from chat.backplane import archive
from chat.backplane.embedded import archive as embedded_archive
from chat.backplane.embedded import tables
from chat.backplane.redis import archive as redis_archive
from chat.backplane.redis import schema
from chat.clock import SystemClock
from chat.errors import SettingsError
from chat.settings import Settings

_NAMES: Final[Mapping[str, str]] = {
    "room": "rooms",
    "entry": "entries",
    "member": "memberships",
    "key": "keys",
    "bar": "bars",
}


async def migrate(settings: Settings, given: Namespace) -> str:
    """Bring what is stored to this version; servers do so themselves when they start."""
    if settings.redis_url is not None:
        async with _redis(settings) as client:
            before, after = await schema.prepare(client, redis_keys(settings))
        return _versions("What is in Redis", before, after)
    before, after = tables.prepare(_store(settings))
    return _versions(str(_store(settings)), before, after)


async def backup(settings: Settings, given: Namespace) -> str:
    """Write all that is stored into a file, while servers run."""
    path = _free(given)
    if settings.redis_url is not None:
        async with _redis(settings) as client:
            counts = await archive.write(path, redis_archive.dump(client, redis_keys(settings)))
    else:
        counts = await archive.write(path, _each(embedded_archive.dump(_store(settings))))
    return f"{path} holds {_summary(counts)}."


async def restore(settings: Settings, given: Namespace) -> str:
    """Put a backup, of either kind of store, in the place of what is stored."""
    path: Path = given.file
    counts = archive.check(path)  # all of it, before anything is changed
    if settings.redis_url is not None:
        async with _redis(settings) as client:
            await schema.prepare(client, redis_keys(settings))
            await redis_archive.load(
                client, redis_keys(settings), archive.read(path), SystemClock()
            )
        return f"Redis holds {_summary(counts)}. Servers find out within seconds."
    with _locked(settings.data_dir):
        embedded_archive.load(_store(settings), archive.read(path))
    return f"{_store(settings)} holds {_summary(counts)}. Start the server."


def _store(settings: Settings) -> Path:
    private_files.make_folder(settings.data_dir)
    return settings.data_dir / "parley.sqlite3"


def _free(given: Namespace) -> Path:
    """Return the file to write; raise SettingsError where it is there and may not be replaced."""
    path: Path = given.file
    if path.exists() and not given.overwrite:
        raise SettingsError(f"{path} is there already; name another, or say --overwrite.")
    return path


async def _each(records: Iterable[archive.Record]) -> AsyncIterator[archive.Record]:
    for record in records:
        yield record


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Keep servers from starting there; raise SettingsError if one runs."""
    private_files.make_folder(data_dir)
    private_files.ensure(data_dir / "lock")
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"DATA_DIR: a Parley is using {data_dir}. Stop it, restore, and start it again."
            ) from None
        yield


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[Any]:
    client = await redis_client(settings)
    try:
        yield client
    finally:
        await client.aclose()


def _versions(what: str, before: int, after: int) -> str:
    if before == after:
        return f"{what} is of version {after}; there was nothing to do."
    return f"{what} is of version {after} now; it was {before or 'empty'}."


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[tag]} {name}" for tag, name in _NAMES.items())


_FILE: Final = (("file",), {"type": Path, "metavar": "FILE"})
COMMANDS: Sequence[Command] = (
    Command("migrate", "bring what is stored to this version", (), migrate),
    Command(
        "backup",
        "write all that is stored into a file, while servers run",
        (_FILE, (("--overwrite",), {"action": "store_true", "help": "if it is there already"})),
        backup,
    ),
    Command("restore", "put a backup in the place of what is stored", (_FILE,), restore),
)
