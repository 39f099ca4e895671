"""Sends commands: messages until they are stored, other commands once."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from chat.client import policy
from chat.client.connection import REPLY_S, Connection
from chat.client.http import Http
from chat.client.negotiator import checked
from chat.client.positions import Push
from chat.client.reasons import why
from chat.client.transports.transport import LOST, Ended
from chat.errors import Refused, Unavailable
from chat.protocol.codes import Code


class Commands:
    """Sends the commands of one conversation."""

    def __init__(
        self, connected: Callable[[], Awaitable[Connection]], http: Http, rng: random.Random
    ) -> None:
        """``connected`` waits for a connection with an active link; raises ChatError if never."""
        self._connected = connected
        self._http = http
        self._rng = rng
        self._turn = asyncio.Lock()

    async def send(self, room: str, text: str, key: str, **more: Any) -> Push:
        """Send ``text``; retry with the same key until there is an answer. One call at a time."""
        command = {"type": "send", "room": room, "text": text, "key": key, **more}
        async with self._turn:  # a message that is sent again must not follow later ones
            round_ = 0
            while True:
                retry_s = policy.backoff_s(round_, self._rng.random())
                round_ += 1
                try:
                    reply = await self.ask(command)
                except Unavailable:
                    await asyncio.sleep(retry_s)
                    continue
                if reply["type"] == "ok":
                    return reply
                if reply.get("retry_ms") is None:
                    raise Refused(reply["code"], reply["message"])
                await asyncio.sleep(reply["retry_ms"] / 1000 + retry_s)

    async def ask(self, command: Push) -> Push:
        """Send a command once. Raises Unavailable if there is no reply."""
        connection = await self._connected()
        try:
            return await connection.ask(command)
        except (Ended, *LOST) as error:
            raise _unavailable(error) from error

    async def history(self, room: str, bounds: Mapping[str, int]) -> dict[str, Any]:
        """Return a page of ``room``'s history. Raises Refused or Unavailable."""
        return await self._get(f"/api/rooms/{quote(room, safe='')}/messages", bounds)

    async def search(self, bounds: Mapping[str, str | int]) -> dict[str, Any]:
        """Return what a search finds. Raises Refused or Unavailable."""
        return await self._get("/api/search", bounds)

    async def rooms(self) -> list[dict[str, Any]]:
        """Return the rooms that the user may know of. Raises Refused or Unavailable."""
        return list((await self._get("/api/rooms", {}))["rooms"])

    async def upload(self, path: Path) -> dict[str, Any]:
        """Upload a file; return what it is. Raises Refused, Unavailable, or OSError of ``path``."""
        await self._connected()  # as the user who will send it
        with await asyncio.to_thread(path.open, "rb") as file:
            try:
                answer = await self._http.post_file(f"/api/uploads?{_query(name=path.name)}", file)
                return checked(*answer)
            except (Ended, *LOST) as error:
                raise _unavailable(error) from error

    async def _get(self, path: str, fields: Mapping[str, str | int]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(REPLY_S):
                return checked(*await self._http.get(f"{path}?{_query(**fields)}"))
        except (Ended, *LOST) as error:
            raise _unavailable(error) from error


def succeeded(reply: Push) -> Push:
    """Return a reply that is no error. Raises Refused, or Unavailable if retrying may help."""
    if reply["type"] != "error":
        return reply
    if (retry_ms := reply.get("retry_ms")) is not None:
        raise Unavailable(reply["code"], reply["message"], retry_ms=retry_ms)
    raise Refused(reply["code"], reply["message"])


def _query(**fields: str | int) -> str:
    return urlencode(fields, quote_via=quote)


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, f"No answer came: {why(error)}")
