"""Sends commands: messages until they are stored, other commands once."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
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

    async def send(self, room: str, text: str, key: str) -> Push:
        """Send ``text``; retry with the same key until there is an answer. One call at a time."""
        command = {"type": "send", "room": room, "text": text, "key": key}
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
        path = f"/api/rooms/{quote(room, safe='')}/messages?{urlencode(bounds)}"
        try:
            async with asyncio.timeout(REPLY_S):
                response, page = await self._http.get(path)
            return checked(response, page)
        except (Ended, *LOST) as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, f"No answer came: {why(error)}")
