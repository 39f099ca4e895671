"""Checks the instances that share a Redis: their clocks, and that all have the same SECRET.

Each instance puts a report there every two seconds, with the time of its own clock.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from chat.admin.doctor.finding import Finding, note, ok, problem
from chat.backplane.limits import REPORT_S

_AREA: Final = "instances"
# Bans, invitations and the times of messages are a matter of seconds.
_MOST_OFF_S: Final = 2.0
# In this time a living instance has reported again.
_PAUSE_S: Final = 3.0


class _Report(msgspec.Struct):
    version: str = ""
    secret: str = ""


class _Seen(NamedTuple):
    time_s: float  # of the instance's clock
    report: bytes


async def check(client: Any, key: str, *, secret: str) -> list[Finding]:
    """Return what is wrong with the instances whose reports are in the hash ``key``.

    ``secret`` is the fingerprint of the secret in the settings. Raises RedisError.
    """
    found = list(await _own_clock(client))
    before = await _seen(client, key)
    await asyncio.sleep(_PAUSE_S)
    after, now = await _seen(client, key), await _time(client)
    alive = {name: one for name, one in after.items() if before.get(name) != one}
    if not alive:
        return [*found, note(_AREA, "No instance runs with this Redis.")]
    reports = {name: msgspec.json.decode(one.report, type=_Report) for name, one in alive.items()}
    for name, one in alive.items():
        # A report is as old as the pause at most.
        off = one.time_s - now
        if off > _MOST_OFF_S or off < -_MOST_OFF_S - _PAUSE_S:
            found.append(_clock_off(f"The clock of instance {name}", off))
        if reports[name].secret not in ("", secret):
            found.append(
                problem(
                    _AREA,
                    f"Instance {name} has another SECRET than the settings here: people who come "
                    "to it are somebody else there, and have to sign in again.",
                    "Set the same SECRET for all instances, and restart those that differ.",
                )
            )
    many = "One instance runs" if len(alive) == 1 else f"{len(alive)} instances run"
    versions = sorted({one.version for one in reports.values()})
    said = f"{many} with this Redis (version {', '.join(versions)})"
    return found or [ok(_AREA, f"{said}; clocks and SECRET agree.")]


async def _own_clock(client: Any) -> list[Finding]:
    began = time.time()
    theirs = await _time(client)
    ended = time.time()
    off = (began + ended) / 2 - theirs
    return [_clock_off("The clock of this machine", off)] if abs(off) > _MOST_OFF_S else []


def _clock_off(whose: str, off_s: float) -> Finding:
    which = "ahead of" if off_s > 0 else "behind"
    return problem(
        "clock",
        f"{whose} is {abs(off_s):.0f} s {which} that of Redis.",
        "Have all machines set their clocks: timedatectl set-ntp true",
    )


async def _seen(client: Any, key: str) -> Mapping[str, _Seen]:
    stored = await client.hgetall(key)
    seen = {}
    for name, value in stored.items():
        until, _, report = value.partition(b"\n")
        seen[name.decode()] = _Seen(float(until) - REPORT_S, report)
    return seen


async def _time(client: Any) -> float:
    """Return the time of Redis; of a cluster that of one of its nodes."""
    answer = await client.time()
    if isinstance(answer, dict):
        answer = next(iter(answer.values()))
    seconds, microseconds = answer
    return int(seconds) + int(microseconds) / 1e6
