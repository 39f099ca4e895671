"""A power cut: of what was written since the last sync, any part may have reached the disk."""

import asyncio
import math
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chat.backplane.embedded import EmbeddedBackplane
from chat.backplane.records import Appended
from chat.errors import SettingsError
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.rooms import LOBBY
from tests.contract.backplane_contract import Recorder, SetClock, joining, message
from tests.contract.removal_contract import deletion, edit

# CASES=1000 for a long run; a case takes some 15 ms.
CASES = int(os.environ.get("CASES", "60"))
STEPS = 80
# Disks write whole sectors; larger pieces reach the disk whole or in any part.
SECTOR_BYTES = 512
DATABASE, LOG = "parley.sqlite3", "parley.sqlite3-wal"

Log = tuple[tuple[int, str, bytes], ...]  # offset, kind and body of each entry of the lobby


class _Synced(NamedTuple):
    """The store when a step was acknowledged: its files, and what a reader gets."""

    files: Mapping[str, bytes]
    log: Log


async def _log(backplane: EmbeddedBackplane) -> Log:
    (epoch, _) = (await backplane.positions([LOBBY]))[LOBBY]
    entries: list[Entry] = []
    has_more = True
    while has_more:
        since = entries[-1].position if entries else Position(epoch, 0)
        page = await backplane.read(LOBBY, since, limit=1000)
        entries += page.entries
        has_more = page.more
    return tuple((entry.position.offset, entry.kind, entry.body) for entry in entries)


async def _history(folder: Path, dice: random.Random) -> list[_Synced]:
    """Write to a store in ``folder``; return how it was after each acknowledged step."""
    # Checkpoints are steps of their own here.
    backplane = EmbeddedBackplane(folder, clock=SetClock(), checkpoint_delay_s=math.inf)
    await backplane.start(Recorder())
    found: list[_Synced] = []
    messages: list[int] = []
    for step in range(STEPS):
        size = dice.choice((1, 1, 1, 16))
        drafts = [message(f"{step}-{n} " + "x" * dice.randrange(3000)) for n in range(size)]
        kind = dice.random()
        # Not so late that SQLite does it by itself, in the middle of a commit (at 4 MB).
        if kind < 0.05 or (found and len(found[-1].files[LOG]) > 2 << 20):
            await backplane.checkpoints.run()
        elif kind < 0.1:
            await backplane.join(joining(f"room{step}"))
        elif kind < 0.2 and messages:
            await backplane.append(edit(dice.choice(messages), f"new {step}"))
        elif kind < 0.3 and messages:
            target = messages.pop(dice.randrange(len(messages)))
            await backplane.append(deletion(target))
        else:
            answers = await backplane.append_all(drafts)
            messages += [one.position.offset for one in answers if isinstance(one, Appended)]
        files = {name: (folder / name).read_bytes() for name in (DATABASE, LOG)}
        found.append(_Synced(files, await _log(backplane)))
    await backplane.stop()
    return found


def _mixed(before: bytes, after: bytes, dice: random.Random) -> bytes:
    """Return ``before`` with any part of what makes it ``after``, some sectors of it damaged."""
    shortest, longest = sorted((len(before), len(after)))
    size = dice.choice((longest, dice.randrange(shortest, longest + 1)))
    share, damage = dice.choice((dice.random(), 1.0)), dice.choice((0.0, 0.0, 0.1))
    mixed = bytearray()
    for begin in range(0, size, SECTOR_BYTES):
        end = min(begin + SECTOR_BYTES, size)
        old, new = before[begin:end], after[begin:end]
        is_written = old != new and dice.random() < share
        sector = bytearray(new if is_written else old)
        sector += bytes(end - begin - len(sector))  # the file is longer; nothing is there yet
        # What was synced is safe, also in the same sector (sqlite.org/psow.html).
        safe = max(0, min(len(before), end) - begin) if len(after) > len(before) else 0
        if is_written and safe < len(sector) and dice.random() < damage:
            sector[dice.randrange(safe, len(sector))] ^= 1 << dice.randrange(8)
        mixed += sector
    return bytes(mixed)


def _cut(before: _Synced, after: _Synced, dice: random.Random) -> dict[str, bytes]:
    """Return the files as a power cut may leave them between two steps.

    A commit appends to SQLite's log. A checkpoint copies the log to the database, and empties it
    when the database is synced (sqlite.org/wal.html#checkpointing), which file systems do at once.
    """
    old, new = before.files, after.files
    if old[DATABASE] == new[DATABASE]:
        return {DATABASE: old[DATABASE], LOG: _mixed(old[LOG], new[LOG], dice)}
    assert new[LOG] == b"" and before.log == after.log
    if dice.random() < 0.5:
        return {DATABASE: _mixed(old[DATABASE], new[DATABASE], dice), LOG: old[LOG]}
    return {DATABASE: new[DATABASE], LOG: dice.choice((old[LOG], b""))}


async def _after_start(folder: Path) -> Log | None:
    """Return what is in the store in ``folder``; None if the start refuses it in words."""
    backplane = EmbeddedBackplane(folder, clock=SetClock())
    try:
        await backplane.start(Recorder())
    except SettingsError as error:
        assert str(folder) in str(error)
        return None
    try:
        return await _log(backplane)
    finally:
        await backplane.stop()


def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    dice = random.Random(seed)
    (whole := tmp_path / "whole").mkdir()
    found = asyncio.run(_history(whole, dice))
    refused = 0
    for case in range(CASES):
        number = dice.randrange(1, len(found))
        before, after = found[number - 1], found[number]
        (folder := tmp_path / f"case{case}").mkdir()
        for name, content in _cut(before, after, dice).items():
            (folder / name).write_bytes(content)
        log = asyncio.run(_after_start(folder))
        refused += log is None
        # All of the write under way, or nothing of it.
        assert log in (None, before.log, after.log), f"SEED={seed}, case {case}, write {number}"
    assert refused <= CASES // 10, f"SEED={seed}: the start refused {refused} of {CASES}"
