"""`make bench-accounts`: what accounts cost: the start, the memory and the time to sign in.

Fills an embedded store and a Redis with accounts, as signing up does, and compares a server on them
with one on an empty store.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from benchmarks.machine import about, memory_bytes
from chat.accounts import records
from chat.accounts.records import Account, Device
from chat.backplane.base import Backplane
from chat.backplane.listener import Deaf
from chat.backplane.open import open_backplane
from chat.backplane.records import SITE, Change, Draft
from chat.clock import SystemClock
from chat.protocol.entries import AuditBody
from chat.rooms.roles import ServerRole
from chat.settings.settings import Settings
from tests.support.redis_server import run_redis
from tests.support.server import ServerProcess

PASSWORD = "correct horse battery staple"
# Sign-ins of one measurement, each of another account.
SIGN_INS = 100
# Accounts in one step of filling: the drafts of one turn share a transaction.
BATCH = 500
TARGETS = {"start_s": 2.0, "more_mib": 60.0, "over_argon2_ms": 5.0}
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class Measured(NamedTuple):
    start_s: float
    memory_mib: float
    sign_in_ms: float  # the median, as the others
    argon2_ms: float
    over_argon2_ms: float  # of pairs, one after the other: both drift by a fifth within a minute


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    given = parser.parse_args()
    hash_ = _HASHER.hash(PASSWORD)
    print(*about(), sep="\n")
    print(f"{given.accounts:,} accounts; {SIGN_INS} sign-ins, each followed by one hash\n")
    print("| store | start, s | memory, MiB | sign-in p50, ms | argon2 p50, ms | over argon2, ms |")
    print("|---|---|---|---|---|---|")
    is_met = True
    for name in ("embedded", "redis"):
        with _store(name) as env:
            empty = _measure(env, hash_, 1)
            asyncio.run(_fill(env, 1, given.accounts, hash_))
            full = _measure(env, hash_, given.accounts)
        more_mib = full.memory_mib - empty.memory_mib
        print(
            f"| {name} | {full.start_s:.2f} ({empty.start_s:.2f} with one) | {full.memory_mib:.0f} "
            f"({more_mib:+.0f}) | {full.sign_in_ms:.1f} | {full.argon2_ms:.1f} | "
            f"{full.over_argon2_ms:+.1f} |"
        )
        is_met &= full.start_s < TARGETS["start_s"] and more_mib < TARGETS["more_mib"]
        is_met &= full.over_argon2_ms < TARGETS["over_argon2_ms"]
    print(f"\nTargets {'met' if is_met else 'MISSED'}: {TARGETS}")
    return 0 if is_met else 1


@contextmanager
def _store(name: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        env = {"DATA_DIR": folder, "SECRET": "of this benchmark alone", "RATE_LIMITS": "off"}
        if name == "embedded":
            yield env
        else:
            with run_redis() as redis:
                yield env | {"REDIS_URL": redis.url}


def _measure(env: dict[str, str], hash_: str, accounts: int) -> Measured:
    if accounts == 1:
        asyncio.run(_fill(env, 0, 1, hash_))
    server = ServerProcess(Path(env["DATA_DIR"]), env)
    began = time.monotonic()
    server.start()
    start_s = time.monotonic() - began
    try:
        step = max(1, accounts // SIGN_INS)
        pairs = [
            (_sign_in_ms(server, f"person {number * step % accounts}"), _argon2_ms(hash_))
            for number in range(SIGN_INS)
        ]
        memory_mib = memory_bytes(server.pid) / 2**20
    finally:
        server.stop()
    sign_ins, argon2 = zip(*pairs, strict=True)
    return Measured(
        start_s,
        memory_mib,
        statistics.median(sign_ins),
        statistics.median(argon2),
        statistics.median(one - other for one, other in pairs),
    )


async def _fill(env: dict[str, str], first: int, last: int, hash_: str) -> None:
    backplane = open_backplane(Settings.read(env), SystemClock())
    await backplane.start(Deaf())
    try:
        for begin in range(first, last, BATCH):
            numbers = range(begin, min(begin + BATCH, last))
            await asyncio.gather(*(_add(backplane, number, hash_) for number in numbers))
    finally:
        await backplane.stop()


async def _add(backplane: Backplane, number: int, hash_: str) -> None:
    user, name = f"guest-{number:016x}", f"person {number}"
    account = Account(name=name, role=ServerRole.MEMBER, password=hash_, made_s=1)
    changes = [
        Change(records.account(user), None, records.encode(account)),
        Change(records.name(name), None, user.encode()),
        Change(records.device(user, "a" * 16), None, records.encode(Device(name="x", made_s=1))),
    ]
    body = AuditBody(user=user, name=name, time="2026-01-01T00:00:00.000Z", action="sign_up")
    await backplane.append(Draft(room=SITE, user=user, body=body, changes=changes))


def _sign_in_ms(server: ServerProcess, name: str) -> float:
    body = json.dumps({"name": name, "password": PASSWORD}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/login", body, headers)
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200, answer.status
        answer.read()
    return 1000 * (time.perf_counter() - began)


def _argon2_ms(hash_: str) -> float:
    began = time.perf_counter()
    _HASHER.verify(hash_, PASSWORD)
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
