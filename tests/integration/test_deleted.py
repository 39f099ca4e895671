"""What was deleted or replaced is in no answer, page, backup or file, whichever way one asks."""

import asyncio
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.guest import Guest
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.redis_server import run_redis
from tests.support.server import ROOT, run_server
from tests.support.wire import TRANSPORTS

SECRET = "a secret of these tests"
GONE = ("the first of it", "the second of it", "the third of it")


@pytest.fixture(params=["embedded", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "embedded":
        yield {}
        return
    with run_redis() as redis:
        yield {"REDIS_URL": redis.url}


@in_a_loop(60)
async def test_nobody_who_comes_later_finds_it(tmp_path: Path, store: dict[str, str]) -> None:
    data_dir, copy = tmp_path / "data", tmp_path / "copy.gz"
    env = {"SECRET": SECRET, **store}
    with run_server(data_dir, **env) as server:
        guest = Guest(server.url)
        one, two = guest.say("general", "kept", "k")
        first, *_ = guest.do(
            {"type": "send", "room": "general", "text": GONE[0], "key": "a"},
            {"type": "edit", "room": "general", "offset": 3, "text": GONE[1]},
            {"type": "delete", "room": "general", "offset": 3},
            {"type": "send", "room": "general", "text": GONE[2], "key": "b"},
            {"type": "edit", "room": "general", "offset": 6, "text": "in its place"},
        )
        assert (one, two, first["offset"]) == (1, 2, 3)
        refused = guest.do(
            {"type": "edit", "room": "general", "offset": 3, "text": "again"},
            {"type": "react", "room": "general", "offset": 3, "emoji": "👍", "on": True},
            {"type": "delete", "room": "general", "offset": 3},
        )
        assert [reply["code"] for reply in refused] == ["forbidden"] * 3
        epoch = first["epoch"]
        answers = []
        async with Client(server.url) as client:
            for path in (
                f"/poll?cursor=general:{epoch}:0&hold_s=0",
                "/api/rooms/general/messages",
                "/api/rooms/general/messages?after=0",
                "/",
            ):
                answers.append((await client.get(path)).body.decode())
        for transport in TRANSPORTS:
            async with Client(server.url, cursor=(epoch, 0)).reading(transport) as reader:
                await reader.until_at((epoch, 7))
                answers.append(json.dumps(reader.seen.heard))
        await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "app.py", "admin", "backup", str(copy)],
            cwd=ROOT, env={**os.environ, **env, "DATA_DIR": str(data_dir)}, check=True,
            capture_output=True, timeout=60,
        )  # fmt: skip
        answers.append(gzip.decompress(copy.read_bytes()).decode())
        for answer in answers:
            assert "in its place" in answer
            assert not [text for text in GONE if text in answer]
        server.stop()  # the write-ahead log is emptied then, if not before
    held = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert not [text for text in GONE if text.encode() in held]
    assert store or b"in its place" in held
