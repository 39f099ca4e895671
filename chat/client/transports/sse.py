"""Server-Sent Events: pushes over an endless stream, commands by POST."""

from collections.abc import AsyncGenerator

import msgspec

from chat.client.positions import Push
from chat.client.transports.events import EventParser
from chat.client.transports.transport import AttachRequest, Ended, post_command


class SseTransport:
    """An attach by an event stream."""

    def __init__(self, request: AttachRequest) -> None:
        self._request = request

    async def pushes(self) -> AsyncGenerator[Push, None]:
        request = self._request
        path = request.path(request.url, heartbeat_s=request.terms.heartbeat_s)
        headers = {"Accept": "text/event-stream", "Connection": "close"}
        async with request.http.connection(f"GET {path}", headers) as response:
            type_ = response.headers.get("content-type", "")
            if response.status != 200 or not type_.startswith("text/event-stream"):
                raise Ended(f"{response.status} {type_}".strip())
            parser = EventParser()
            while chunk := await response.read():
                request.on_data()
                for data in parser.feed(chunk):
                    yield msgspec.json.decode(data, type=dict)
        raise Ended("the stream ended")

    async def ask(self, command: Push) -> Push:
        return await post_command(self._request, command)
