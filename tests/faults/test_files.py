"""Disks that fill up, and servers that are killed: nothing half stored, nothing left behind."""

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.followers.files import GRACE_S
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.server import LAST, ServerProcess
from tests.support.uploads import address_of, kept_in, post_file, send_files, until_kept, upload
from tests.support.wire import Connection

DISK_MB = 4
MB = 1_000_000


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Yield a folder on a disk of its own, which is soon full."""
    with tempfile.TemporaryDirectory() as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root may mount a disk")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


@in_a_loop(60)
async def test_a_disk_that_fills_up_in_the_middle_of_a_file(small_disk: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (small_disk / "files").mkdir()
        (Path(folder) / "files").symlink_to(small_disk / "files")
        server = ServerProcess(Path(folder), {"RATE_LIMITS": "off"})
        server.start()
        try:
            async with Client(server.url) as client:
                kept = await upload(client, bytes(MB))
                for _ in range(3):
                    answer = await post_file(client, bytes(5 * MB))
                    assert answer.code == 503, answer
                    error = json.loads(answer.body)
                    assert error["code"] == "unavailable"
                    assert "No space left" in error["message"]
                    await until_kept(lambda: kept_in(small_disk), 1)
                # What fits is taken, and everything else goes on.
                assert (await send_files(client, "general", kept))["type"] == "ok"
                other = await upload(client, bytes(MB))
                assert (await client.get(address_of(other))).body == bytes(MB)
                assert (await client.get("/readyz")).code == 200
            server.until_all_logged()
            expected = re.compile(f"503 POST|{LAST}")
            assert [line for line in server.complaints() if not expected.search(line)] == []
        finally:
            server.stop()


@in_a_loop(60)
async def test_a_server_that_is_killed_in_the_middle_leaves_nothing_for_long() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ServerProcess(folder, {"RATE_LIMITS": "off"})
        server.start()
        try:
            async with Client(server.url) as client:
                info = await upload(client, b"complete")
                assert (await send_files(client, "general", info))["type"] == "ok"
                unsent = await upload(client, b"not sent")
                async with Connection(server.url) as connection:
                    head = (
                        b"POST /api/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n"
                    )
                    connection.writer.write(head + bytes(MB))
                    await connection.writer.drain()
                    await until_kept(lambda: kept_in(folder), 3)
                    await asyncio.to_thread(server.kill)
                _age(folder / "files" / "incoming", GRACE_S + 60)
                await asyncio.to_thread(server.start)
                await until_kept(lambda: kept_in(folder), 2)
                assert (await client.get(address_of(info))).body == b"complete"
                assert (await client.get(address_of(unsent))).body == b"not sent"

                server.stop()
                _age(folder / "files" / unsent["id"][:2], 25 * 3600)
                _age(folder / "files" / info["id"][:2], 25 * 3600)
                await asyncio.to_thread(server.start)
                await until_kept(lambda: kept_in(folder), 1)
                assert (await client.get(address_of(info))).body == b"complete"
                assert (await client.get(address_of(unsent))).code == 404
        finally:
            server.stop()


def _age(folder: Path, by_s: float) -> None:
    """Make everything below ``folder`` as old as if it had been left so long ago."""
    then = time.time() - by_s
    for path in folder.rglob("*"):
        os.utime(path, (then, then))
