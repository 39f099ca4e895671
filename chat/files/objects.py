"""Files in an object store that speaks S3, which all instances share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from chat.files.store import FileStore, Part, Stored
from chat.files.threads import Threads, unavailable
from chat.settings.files_url import FilesUrl

T = TypeVar("T")

# Longer files go in parts of this size, which is S3's least: each is in memory while it is sent.
_CHUNK_BYTES: Final = 5 << 20
_CHUNKS_AT_ONCE: Final = 2
_TAKEN_AT_ONCE: Final = 2
# A reader may be slow, and a request to the store must not last as long: so each brings a piece.
_RANGE_BYTES: Final = 256 << 10
_TIMEOUT: Final = "20s"


class ObjectStore(FileStore):
    """Keeps each part as an object, ``id/part``."""

    def __init__(self, url: FilesUrl, threads: Threads) -> None:
        options: dict[str, Any] = {"timeout": _TIMEOUT, "connect_timeout": "5s"}
        options["allow_http"] = bool(url.endpoint and url.endpoint.startswith("http://"))
        given = {
            "endpoint": url.endpoint,
            "access_key_id": url.key,
            "secret_access_key": url.secret,
            "region": url.region,
        }
        self.objects = S3Store(
            url.bucket,
            prefix=url.prefix or None,
            client_options=options,  # type: ignore[arg-type]
            retry_config={"max_retries": 2},
            **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        )
        self._threads = threads
        self._taking = asyncio.Semaphore(_TAKEN_AT_ONCE)

    async def take(self, id: str, folder: Path) -> None:
        parts = [part for part in Part if (folder / part).exists()]
        async with self._taking:
            for part in sorted(parts, key=lambda part: part is Part.ABOUT):
                await _tried(
                    obstore.put_async(
                        self.objects,
                        f"{id}/{part}",
                        folder / part,
                        chunk_size=_CHUNK_BYTES,
                        max_concurrency=_CHUNKS_AT_ONCE,
                    )
                )
        await self._threads.run(shutil.rmtree, folder)

    async def get(self, id: str, part: Part) -> bytes | None:
        try:
            found = await _tried(obstore.get_async(self.objects, f"{id}/{part}"))
            return bytes(await _tried(found.bytes_async()))
        except FileNotFoundError:
            return None

    async def create(self, id: str, part: Part, content: bytes) -> bytes:
        path = f"{id}/{part}"
        try:
            await _tried(obstore.put_async(self.objects, path, content, mode="create"))
        except AlreadyExistsError:
            found = await self.get(id, part)
            return await self.create(id, part, content) if found is None else found
        return content

    async def read(self, id: str, part: Part) -> AsyncIterator[bytes] | None:
        path = f"{id}/{part}"
        try:
            size_bytes = (await _tried(obstore.head_async(self.objects, path)))["size"]
        except FileNotFoundError:
            return None
        return self._pieces(path, size_bytes)

    async def _pieces(self, path: str, size_bytes: int) -> AsyncIterator[bytes]:
        for start in range(0, size_bytes, _RANGE_BYTES):
            end = min(start + _RANGE_BYTES, size_bytes)
            piece = obstore.get_range_async(self.objects, path, start=start, end=end)
            yield bytes(await _tried(piece))

    async def remove(self, id: str) -> None:
        for part in (Part.ABOUT, *(part for part in Part if part is not Part.ABOUT)):
            try:
                await _tried(obstore.delete_async(self.objects, f"{id}/{part}"))
            except FileNotFoundError:  # S3 itself does not say so
                pass

    async def scan(self) -> AsyncIterator[Stored]:
        left: list[Any] = []
        listing = obstore.list(self.objects)
        try:
            async for batch in listing:
                # Objects come by name, so those of a file follow each other; the last may go on.
                left += batch
                whole, left = _but_the_last(left)
                for stored in _files(whole):
                    yield stored
        except BaseError as error:
            raise unavailable(error) from error
        for stored in _files(left):
            yield stored

    async def stop(self) -> None:
        """Do nothing: connections that are not used end by themselves."""


async def _tried(work: Awaitable[T]) -> T:
    """Return what ``work`` returns. Raises Unavailable, FileNotFoundError, AlreadyExistsError."""
    try:
        return await work
    except (FileNotFoundError, AlreadyExistsError):
        raise
    except (BaseError, OSError) as error:
        raise unavailable(error) from error


def _id_of(found: Any) -> str:
    return str(found["path"]).partition("/")[0]


def _but_the_last(found: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the objects before those of the last file, and these."""
    at = next((n for n, each in enumerate(found) if _id_of(each) == _id_of(found[-1])), 0)
    return found[:at], found[at:]


def _files(found: list[Any]) -> list[Stored]:
    return [
        Stored(
            id=id,
            size_bytes=sum(each["size"] for each in parts),
            changed_s=max(each["last_modified"].timestamp() for each in parts),
            is_sent=any(str(each["path"]).endswith(f"/{Part.SENT}") for each in parts),
        )
        for id, parts in ((id, list(parts)) for id, parts in groupby(found, _id_of))
    ]
