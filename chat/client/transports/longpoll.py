"""Long polling: requests that the server answers when it has pushes; commands by POST."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from typing import Any, Final

from chat.client import policy
from chat.client.positions import Push
from chat.client.reasons import why
from chat.client.transports.transport import LOST, AttachRequest, Ended, post_command

# The statuses of a gateway that gives up on a request held too long (RFC 9110 section 15).
CUT: Final = (408, 502, 504)


class LongPollTransport:
    """An attach by long polling; each poll starts at the cursor in the last answer."""

    def __init__(self, request: AttachRequest) -> None:
        self._request = request

    async def pushes(self) -> AsyncGenerator[Push, None]:
        is_hello_due = True
        while True:
            answer = await self._poll(is_hello_due)
            self._request.on_data()
            pushes: list[Push] = answer.get("data") or []
            is_hello_due = False
            if "cursor" in answer:
                # If the rooms differ, the user's memberships have changed between two polls.
                is_hello_due = _rooms(answer["cursor"]) != _rooms(self._request.cursor)
                self._request = dataclasses.replace(self._request, cursor=answer["cursor"])
            for push in pushes:
                if push["type"] == "hello":
                    is_hello_due = False
                    self._request = dataclasses.replace(self._request, session=push["session"])
                yield push

    async def ask(self, command: Push) -> Push:
        return await post_command(self._request, command)

    async def _poll(self, is_hello_due: bool) -> dict[str, Any]:
        """Return the answer to one poll. If a poll was cut, repeat it with a shorter hold."""
        request, loop = self._request, asyncio.get_running_loop()
        while True:
            hold_s = request.terms.hold_s
            path = request.path(
                request.url,
                hello=1 if is_hello_due else None,
                hold_s=None if hold_s == policy.MAX_HOLD_S else hold_s,
            )
            began_s = loop.time()
            try:
                response, answer = await request.http.get(path)
                if response.status not in CUT:
                    break
                ended = Ended(f"{response.status} for a poll")
            except LOST as error:
                ended = Ended(why(error))
            shorter_s = policy.shorter_hold_s(loop.time() - began_s)
            if shorter_s is None or is_hello_due:
                raise ended
            request.terms.hold_s = min(hold_s, shorter_s)
        if response.status != 200 or not isinstance(answer, dict):
            retry_ms = answer.get("retry_ms") if isinstance(answer, dict) else None
            raise Ended(f"{response.status} for a poll", retry_ms=retry_ms)
        if answer.get("timeout"):  # the whole hold passed
            request.terms.hold_s = policy.longer_hold_s(hold_s, policy.MAX_HOLD_S)
        return answer


def _rooms(cursor: str) -> list[str]:
    return [part.partition(":")[0] for part in cursor.split(",")]
