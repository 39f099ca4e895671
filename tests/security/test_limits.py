"""Rows 55 and 56: a client that is too fast, or in too many rooms, gets an error."""

import json

from chat.accounts.rate_limits import BURST
from chat.protocol.commands import MAX_BATCH
from chat.settings.settings import Settings
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.server import run_server

MANY = BURST + 100
MESSAGE = {"text": "x", "key": "the same"}
TYPING = {"type": "typing", "room": "general"}


@in_a_loop(30)
async def test_row_55_more_commands_than_the_rate_allows_429() -> None:
    with run_server() as server:
        async with Client(server.url) as by_socket, Client(server.url) as by_post:
            socket = await by_socket.websocket()
            for _ in range(MANY):
                await socket.send(json.dumps(TYPING))
            await socket.send('{"type":"ping","id":"last"}')
            refused = []
            while (push := await socket.read()) is not None and push.get("id") != "last":
                if push["type"] == "error":
                    refused.append(push)
            assert 0 < len(refused) <= MANY - BURST
            for _ in range(0, MANY, 100):
                batch = [TYPING] * 100
                replies = json.loads((await by_post.post("/send", json.dumps(batch))).body)
                refused += replies["replies"]
            for path, body in (("/send", TYPING), ("/api/rooms/general/messages", MESSAGE)):
                # The tokens that were refilled meanwhile are soon used up.
                while (response := await by_post.post(path, json.dumps(body))).code == 200:
                    pass
                assert response.code == 429
                assert int(response.headers["Retry-After"]) >= 1
                answer = json.loads(response.body)
                refused += answer.get("replies", [answer])
            for error in refused:
                assert error["code"] == "rate_limited"
                assert error["retry_ms"] > 0
            # Other clients are not delayed.
            async with Client(server.url) as other:
                reply = await other.command(type="send", room="general", text="x", key="k")
                assert reply["type"] == "ok"


@in_a_loop(30)
async def test_row_56_more_rooms_than_one_may_join_error() -> None:
    most = Settings().max_rooms_per_user
    joins = [{"type": "join", "room": f"r{number}"} for number in range(most + 1)]
    with run_server(NEW_ROOMS_PER_HOUR=str(2 * most)) as server:
        async with Client(server.url) as client:
            replies = []
            for begin in range(0, len(joins), MAX_BATCH):
                answer = await client.post("/send", json.dumps(joins[begin : begin + MAX_BATCH]))
                replies += json.loads(answer.body)["replies"]
            refused = [reply for reply in replies if reply["type"] == "error"]
            assert {reply["code"] for reply in refused} == {"forbidden"}
            hello = json.loads((await client.get("/poll")).body)["data"][0]
            assert len(hello["rooms"]) - 1 == most == len(joins) - len(refused)  # without the lobby
            # A member may join its room again, and leaving a room frees its place.
            for kind, room, is_let in (
                ("join", "r0", True),
                ("join", "more", False),
                ("leave", "r0", True),
                ("join", "more", True),
            ):
                reply = await client.command(type=kind, room=room)
                assert (reply["type"] == "ok") is is_let, (kind, room, reply)
