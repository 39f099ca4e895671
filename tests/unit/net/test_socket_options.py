"""What is done to a socket whose client has gone does no harm."""

import asyncio
import socket
import struct

from chat.net import socket_options
from tests.support.aio import in_a_loop


@in_a_loop(5)
async def test_nothing_more_can_be_said_to_a_client_that_has_just_reset_the_connection() -> None:
    lost = asyncio.Event()

    class Accepted(asyncio.Protocol):
        def connection_lost(self, error: Exception | None) -> None:
            lost.set()

    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    transport, _ = await loop.connect_accepted_socket(Accepted, accepted)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    socket_options.close_half(transport)
    await asyncio.wait_for(lost.wait(), 10)
