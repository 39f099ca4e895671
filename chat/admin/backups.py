"""Commands for the stored data: migrate it to this version, back it up, restore it."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from chat.admin.command import Result, command
from chat.backplane import backup as backup_file
from chat.backplane.embedded import backup as embedded_backup
from chat.backplane.embedded import compaction
from chat.backplane.embedded import schema as embedded_schema
from chat.backplane.embedded.lock import lock_folder
from chat.backplane.open import redis_client, redis_keys
from chat.backplane.redis import backup as redis_backup
from chat.backplane.redis import restoring
from chat.backplane.redis import schema as redis_schema
from chat.clock import SystemClock
from chat.errors import SettingsError
from chat.settings import private_files
from chat.settings.settings import Settings

STANDARD_OUTPUT: Final = Path("-")
_NAMES: Final[Mapping[str, str]] = {
    "room": "rooms",
    "entry": "entries",
    "record": "records",
    "member": "memberships",
    "key": "keys",
    "bar": "bars",
    "setting": "settings",
}
OVERWRITE: Final = click.option("--overwrite", is_flag=True, help="Replace what is there.")


@command(
    "migrate",
    "Bring what is stored to this version; servers do so themselves when they start.",
)
async def migrate(settings: Settings) -> Result:
    if settings.redis_url is not None:
        async with _redis(settings) as client:
            return _versions(
                "What is in Redis", *await redis_schema.prepare(client, redis_keys(settings))
            )
    return _versions(str(_store(settings)), *embedded_schema.prepare(_store(settings)))


@command(
    "backup",
    "Write all that is stored into a file, while servers run. The file - is standard output.",
    "backup parley.gz",
)
@click.argument("file", type=Path)
@OVERWRITE
async def backup(settings: Settings, *, file: Path, overwrite: bool) -> Result:
    path = check_free(file, overwrite=overwrite)
    async with open_records(settings) as records:
        if path == STANDARD_OUTPUT:
            counts = await backup_file.write_to(sys.stdout.buffer, records)
        else:
            counts = await backup_file.write(path, records)
    backup_file.note_backup(settings.data_dir)
    result = Result(f"{path} holds {_summary(counts)}.", {"file": str(path), **_counts(counts)})
    if path != STANDARD_OUTPUT:
        return result
    print(f"The backup holds {_summary(counts)}.", file=sys.stderr)
    return result._replace(text="")


@command(
    "restore",
    "Put a backup of either kind of store in the place of what is stored, which is kept.",
    "restore parley.gz",
)
@click.argument("file", type=Path)
@OVERWRITE
async def restore(settings: Settings, *, file: Path, overwrite: bool) -> Result:
    counts = backup_file.check(file)  # the whole file, before anything is changed
    if settings.redis_url is not None:
        return await _restore_to_redis(settings, file, counts, overwrite=overwrite)
    store = _store(settings)
    with lock_folder(settings.data_dir):  # a server would go on with the old store
        held, kept = embedded_backup.entries(store), None
        if held != 0:
            _check_overwrite(str(store), held, counts, overwrite=overwrite)
            kept = store.with_name(f"{store.name}.replaced-{_now()}")
        embedded_backup.load(store, backup_file.read(file), kept=kept)
    return _restored(str(store), counts, kept, "Start the server.")


async def _restore_to_redis(
    settings: Settings, file: Path, counts: Counter[str], *, overwrite: bool
) -> Result:
    async with _redis(settings) as client:
        store_keys = redis_keys(settings)
        await redis_schema.prepare(client, store_keys)
        held, kept = 0, None
        async for record in redis_backup.dump(client, store_keys):
            held += isinstance(record, backup_file.Line)
        if held:
            _check_overwrite("Redis", held, counts, overwrite=overwrite)
            kept = file.with_name(f"{file.name}.replaced-{_now()}.gz")
            await backup_file.write(kept, redis_backup.dump(client, store_keys))
        await restoring.load(client, store_keys, backup_file.read(file), SystemClock())
    return _restored("Redis", counts, kept, "Servers find out within seconds.")


@command(
    "compact",
    "Give the space of what was removed back to the system. Stop an embedded server first.",
)
async def compact(settings: Settings) -> Result:
    if settings.redis_url is not None:
        nodes = {"target_nodes": "all"} if settings.redis_url.is_cluster else {}
        async with _redis(settings) as client:
            for command in ("MEMORY PURGE", "BGREWRITEAOF"):
                await client.execute_command(command, **nodes)
        return Result("Redis rewrites its files, and gives back what memory it can.", {})
    store = _store(settings)
    with lock_folder(settings.data_dir):
        embedded_schema.prepare(store)
        before = store.stat().st_size
        compaction.compact(store)
        after = store.stat().st_size
    text = f"{store} takes {after >> 10} KiB, {before - after >> 10} KiB less than before."
    return Result(text, {"bytes_before": before, "bytes_after": after})


def _check_overwrite(
    where: str, held: int | None, counts: Counter[str], *, overwrite: bool
) -> None:
    if not overwrite:
        there = f"holds {held} entries" if held is not None else "can't be read"
        raise SettingsError(
            f"{where} {there}; the backup has {counts['entry']}. To put it in their place say "
            "--overwrite; what is there is kept in a file of its own."
        )


def _restored(where: str, counts: Counter[str], kept: Path | None, then: str) -> Result:
    and_kept = f" What was there is kept in {kept}." if kept is not None else ""
    return Result(
        f"{where} holds {_summary(counts)}.{and_kept} {then}",
        {"kept": None if kept is None else str(kept), **_counts(counts)},
    )


@asynccontextmanager
async def open_records(settings: Settings) -> AsyncIterator[AsyncIterator[backup_file.Record]]:
    """Yield all that is stored, as a backup has it; servers may run."""
    if settings.redis_url is None:
        yield _each(embedded_backup.dump(_store(settings)))
        return
    async with _redis(settings) as client:
        yield redis_backup.dump(client, redis_keys(settings))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def _store(settings: Settings) -> Path:
    private_files.make_folder(settings.data_dir)
    return settings.data_dir / "parley.sqlite3"


def check_free(path: Path, *, overwrite: bool) -> Path:
    """Return the file to write. Raises SettingsError if it is there and may not be replaced."""
    if path != STANDARD_OUTPUT and path.exists() and not overwrite:
        raise SettingsError(f"{path} is there already; name another, or say --overwrite.")
    return path


async def _each(records: Iterable[backup_file.Record]) -> AsyncIterator[backup_file.Record]:
    for record in records:
        yield record


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[Any]:
    client = await redis_client(settings)
    try:
        yield client
    finally:
        await client.aclose()


def _versions(what: str, before: int, after: int) -> Result:
    if before == after:
        text = f"{what} is of version {after}; there was nothing to do."
    else:
        text = f"{what} is of version {after} now; it was {before or 'empty'}."
    return Result(text, {"before": before, "after": after})


def _counts(counts: Counter[str]) -> Mapping[str, int]:
    return {name: counts[tag] for tag, name in _NAMES.items()}


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in _counts(counts).items())
