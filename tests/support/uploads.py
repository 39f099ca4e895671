"""Uploading files, and counting what is kept of them."""

import asyncio
import io
import json
import os
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import obstore
from PIL import Image

from chat.files.objects import ObjectStore
from chat.files.threads import Threads
from chat.settings.files_url import FilesUrl
from tests.support.client import Client
from tests.support.wire import WAIT_S, Answer


def png(size: tuple[int, int] = (600, 400)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


async def post_file(client: Client, content: bytes, name: str = "notes.bin") -> Answer:
    return await client.post(f"/api/uploads?name={quote(name, safe='')}", content)


async def upload(client: Client, content: bytes, name: str = "notes.bin") -> dict[str, Any]:
    """Upload a file; return what the server says it is."""
    answer = await post_file(client, content, name)
    assert answer.code == 201, answer
    return dict(json.loads(answer.body))


async def send_files(client: Client, room: str, *infos: dict[str, Any], **more: Any) -> Any:
    """Send a message with files; return the reply."""
    ids, key = [info["id"] for info in infos], secrets.token_hex(8)
    return await client.command(**{"type": "send", "room": room, "key": key, "files": ids, **more})


def address_of(info: dict[str, Any]) -> str:
    return f"/files/{info['id']}/{quote(info['name'], safe='')}"


def kept_in(folder: Path) -> Collection[str]:
    """Return everything that is kept in a data folder of files and of what comes in."""
    return sorted(
        str((Path(within) / name).relative_to(folder))
        # What the server removes meanwhile is no error to os.walk, as it is to Path.rglob.
        for within, _, names in os.walk(folder / "files")
        for name in names
        if name != "lock"
    )


def kept_at(url: str) -> Collection[str]:
    """Return everything that is kept in a bucket."""
    threads = Threads()
    objects = ObjectStore(FilesUrl.parse(url), threads).objects
    threads.stop()
    return sorted(found["path"] for batch in obstore.list(objects) for found in batch)


async def until_kept(kept: Callable[[], Collection[str]], count: int) -> None:
    """Wait until so many files are kept, each of which has a few parts."""
    async with asyncio.timeout(WAIT_S):
        while len({name.rpartition("/")[0] for name in kept()}) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # the removal sends no event
