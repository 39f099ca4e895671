"""Server-Sent Events: pushes over an endless stream, commands by POST."""

from collections.abc import AsyncGenerator

import msgspec

from chat.client.transports.events import EventParser
from chat.client.transports.transport import Ended, Push, Wish, post_command


class SseTransport:
    """An attach by an event stream."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish

    async def pushes(self) -> AsyncGenerator[Push, None]:
        wish = self._wish
        path = wish.path(wish.url, heartbeat_s=wish.terms.heartbeat_s)
        async with wish.http.stream(path) as (response, chunks):
            type_ = response.headers.get("content-type", "")
            if response.status != 200 or not type_.startswith("text/event-stream"):
                raise Ended(f"{response.status} {type_}".strip())
            parser = EventParser()
            async for chunk in chunks:
                wish.on_life()
                for data in parser.feed(chunk):
                    yield msgspec.json.decode(data, type=dict)
        raise Ended("the stream ended")

    async def ask(self, command: Push) -> Push:
        return await post_command(self._wish, command)
