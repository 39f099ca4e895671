"""What a server and its backups leave on the disk is for nobody else's eyes."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from chat.files.store import Part
from tests.support.client import Client
from tests.support.preloaded import run
from tests.support.server import run_server
from tests.support.uploads import png, send_files, upload
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=6 * WAIT_S)  # two programs are started


async def test_everything_is_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    data, copy = tmp_path / "made" / "data", tmp_path / "backup.gz"
    copy.touch(0o644)
    before = os.umask(0)
    try:
        with run_server(data) as server:
            async with Client(server.url) as client:
                reply = await client.command(type="send", room="general", text="x", key="k")
                assert reply["type"] == "ok"
                info = await upload(client, png())
                assert (await send_files(client, "general", info))["type"] == "ok"
            words, env = ("admin", "backup", "--overwrite", str(copy)), {"DATA_DIR": str(data)}
            ended = await asyncio.to_thread(run, *words, env=env)
            assert ended.code == 0, ended.err
            files = {
                str(path.relative_to(data)): stat.S_IMODE(path.stat().st_mode)
                for path in data.rglob("*")
                if path.is_file()
            }
            folders = {stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*/")}
    finally:
        os.umask(before)
    names = {
        "last_backup",
        "lock",
        "files/lock",
        *(f"files/{info['id'][:2]}/{info['id']}/{part}" for part in Part),
        "secret",
        "parley.sqlite3",
        "parley.sqlite3-shm",
        "parley.sqlite3-wal",
    }
    # The search index is made by and by.
    search = {"search.lock", "search-1.sqlite3", "search-1.sqlite3-shm", "search-1.sqlite3-wal"}
    assert names <= files.keys() <= names | search
    assert set(files.values()) == {0o600}
    assert folders == {0o700}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
