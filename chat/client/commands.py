"""Sends commands over the leading link: messages until they are stored, other commands once."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from chat.client import policy
from chat.client.http import Http
from chat.client.link import Link
from chat.client.negotiator import checked
from chat.client.reasons import why
from chat.client.transports.transport import LOST, Ended, Push
from chat.errors import Refused, Unavailable
from chat.protocol.codes import Code

# Servers answer a command, or report that they can't, within 6 s.
ANSWER_S: Final = 10.0


class CommandLink(Protocol):
    """The part of the engine that commands use."""

    async def leading(self) -> Link:
        """Wait for a leading link and return it. Raises ChatError if there will be none."""

    @property
    def doubt_s(self) -> float:
        """Return how long to wait for a reply before suspecting the link."""

    def suspect(self, link: Link, reason: str, *, is_sure: bool = False) -> None: ...


class Commands:
    """Sends the commands of one conversation."""

    def __init__(self, helm: CommandLink, http: Http, dice: random.Random) -> None:
        self._helm = helm
        self._http = http
        self._dice = dice
        self._turn = asyncio.Lock()

    async def send(self, room: str, text: str, key: str) -> Push:
        """Send ``text``; retry with the same key until there is an answer. One call at a time."""
        command = {"type": "send", "room": room, "text": text, "key": key}
        async with self._turn:  # a message that is sent again must not follow later ones
            round_ = 0
            while True:
                retry_s = policy.backoff_s(round_, self._dice.random())
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
        """Send a command once, over the leading link. Raises Unavailable if there is no reply."""
        link = await self._helm.leading()
        doubt = asyncio.get_running_loop().call_later(
            self._helm.doubt_s, self._helm.suspect, link, "a command is unanswered"
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                return await link.ask(command)
        except (Ended, *LOST) as error:
            self._helm.suspect(link, "a command was not answered", is_sure=True)
            raise _unavailable(error) from error
        finally:
            doubt.cancel()

    async def history(self, room: str, bounds: Mapping[str, int]) -> dict[str, Any]:
        """Return a page of ``room``'s history. Raises Refused or Unavailable."""
        path = f"/api/rooms/{quote(room, safe='')}/messages?{urlencode(bounds)}"
        try:
            async with asyncio.timeout(ANSWER_S):
                response, page = await self._http.get(path)
            return checked(response, page)
        except (Ended, *LOST) as error:
            raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, f"No answer came: {why(error)}")
