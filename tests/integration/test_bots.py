"""Bots come in by a token, which allows what it was made for: on every transport, on each store."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from chat.client import Refused, connect
from tests.support.members import Member, new_name, run_deployment
from tests.support.uploads import address_of, send_files, upload
from tests.support.wire import TRANSPORTS, WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


@pytest.fixture(scope="module")
def owner_cookie(urls: Urls) -> str:
    async def set_up() -> str:
        async with Member(urls[0]) as owner:
            await owner.become_owner()
            assert owner.cookie is not None
            return owner.cookie

    return asyncio.run(set_up())


@pytest.fixture
def owner(urls: Urls, owner_cookie: str) -> Member:
    owner = Member(urls[0])  # it opens no sockets
    owner.cookie = owner_cookie
    return owner


class Bot(Member):
    """A program with a token in place of a cookie."""

    token = ""

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def until_known(self) -> None:
        """Wait until this instance knows the token, which takes half a second."""
        while (await self.ask_json("GET", "/api/me"))[0] == 401:
            pass


@asynccontextmanager
async def made_bot(owner: Member, url: str, **fields: Any) -> AsyncIterator[Bot]:
    """Make a bot, and close its sockets in the end."""
    made = await owner.must("POST", "/api/bots", **{"name": new_name(), **fields})
    async with Bot(url) as bot:
        bot.token, bot.user, bot.name = made["token"], made["bot"]["id"], made["bot"]["name"]
        await bot.until_known()
        yield bot


async def code_of(bot: Bot, **command: Any) -> str | None:
    reply = await bot.command(**command)
    return None if reply["type"] == "ok" else str(reply["code"])


async def test_a_bot_reads_by_every_transport_and_sends(urls: Urls, owner: Member) -> None:
    async with (
        made_bot(owner, urls[1]) as bot,
    ):
        me = await bot.must("GET", "/api/me")
        assert (me["user"], me["name"], me["role"]) == (bot.user, bot.name, "bot")
        for transport in TRANSPORTS:
            query = "?hello=1" if transport == "longpoll" else ""
            async with aclosing(bot.pushes(transport, query)) as pushes:
                hello = await anext(pushes)
                assert (hello["user"], hello["name"]) == (bot.user, bot.name)
                send = {"type": "send", "room": "general", "text": "sun", "key": transport}
                assert await code_of(bot, **send) is None
                async for push in pushes:
                    if push["type"] == "message" and push["key"] == transport:
                        assert push["name"] == bot.name
                        break
        people = (await owner.must("GET", "/api/people?limit=200"))["people"]
        assert [one["role"] for one in people if one["user"] == bot.user] == ["bot"]


async def test_the_python_client_is_a_bot_with_a_token(urls: Urls, owner: Member) -> None:
    async with made_bot(owner, urls[1]) as bot:
        async with connect(urls[1], "general", token=bot.token) as parley:
            assert (parley.user, parley.name) == (bot.user, bot.name)
            sent = await parley.send("general", "snow")
            async for push in parley:
                if push.get("offset") == sent["offset"] and push["type"] == "message":
                    assert (push["user"], push["text"]) == (bot.user, "snow")
                    break
    with pytest.raises(ValueError, match="leave name out"):
        connect(urls[1], name="Snow", token=bot.token)
    async with asyncio.timeout(WAIT_S):
        with pytest.raises(Refused) as caught:
            async with connect(urls[1], token="parley_nobody"):
                pass
    assert caught.value.code == "unauthorized"


async def test_a_token_does_nothing_for_which_it_lacks_the_scope(urls: Urls, owner: Member) -> None:
    async with (
        made_bot(owner, urls[1], scopes=["read"]) as reader,
        made_bot(owner, urls[1], scopes=["send"]) as sender,
    ):
        send = {"type": "send", "room": "general", "text": "sun", "key": "1"}
        assert await code_of(sender, **send) is None
        (said,) = (await reader.must("GET", "/api/rooms/general/messages?limit=1"))["messages"]
        for command in (
            send,
            {
                "type": "react",
                "room": "general",
                "offset": said["offset"],
                "emoji": "👍",
                "on": True,
            },
            {"type": "create", "title": "Mine", "access": "public"},
            {"type": "join", "room": "a-room-that-nobody-has-made"},
            {"type": "direct", "users": [sender.user]},
        ):
            assert await code_of(reader, **command) == "forbidden", command
        answer = await reader.post("/api/uploads?name=a.txt", b"a", {"Content-Type": "text/plain"})
        assert answer.code == 403
        assert (
            await sender.code_of("POST", "/api/rooms", title="Mine", access="private")
            == "forbidden"
        )
        for path in (
            "/api/rooms/general",
            "/api/rooms/general/messages",
            "/poll?room=general&hold_s=0",
        ):
            assert await sender.code_of("GET", path) == "forbidden"
        assert (await sender.must("GET", "/api/rooms"))["rooms"] == []
        hello: Any = await (await sender.websocket()).read()
        assert hello["rooms"] == []


async def test_a_token_for_some_rooms_learns_nothing_of_others(urls: Urls, owner: Member) -> None:
    room = new_name().replace(" ", "-").lower()
    async with (
        made_bot(owner, urls[1], scopes=["read", "send", "manage"], rooms=[room]) as bot,
    ):
        assert await code_of(bot, type="join", room=room) is None
        assert await code_of(bot, type="send", room=room, text="sun", key="1") is None
        private = (await owner.command(type="create", title="Ours", access="private"))["room"]
        assert (await owner.command(type="invite", room=private, user=bot.user))["type"] == "ok"
        for other, code in (("general", "forbidden"), (private, "forbidden")):
            assert await code_of(bot, type="send", room=other, text="sun", key="1") == code
            assert await bot.code_of("GET", f"/api/rooms/{other}/messages") == code
            assert await bot.code_of("GET", f"/poll?room={other}&hold_s=0") == code
        assert await code_of(bot, type="join", room="p-abcdefghjkmnpqrs") == "no_such_room"
        rooms = (await bot.must("GET", "/api/rooms"))["rooms"]
        assert [one["room"] for one in rooms] == [room]
        socket = await bot.websocket()
        hello: Any = await socket.read()
        assert [one["room"] for one in hello["rooms"]] == [room]
        # What is said elsewhere is not heard, also not that it is meant.
        text = f"@{bot.name} are you there?"
        assert (await owner.command(type="send", room=private, text=text, key="1"))["type"] == "ok"
        assert (await owner.command(type="join", room=room))["type"] == "ok"
        assert (await owner.command(type="send", room=room, text="here", key="2"))["type"] == "ok"
        heard: list[Any] = []
        while not heard or heard[-1].get("text") != "here":
            heard.append(await socket.read())
        assert {push["room"] for push in heard if "room" in push} == {room}


async def test_no_answer_of_the_api_has_what_is_said_where_a_token_does_not_reach(
    urls: Urls, owner: Member
) -> None:
    word = f"secret{new_name().split()[1]}"
    async with (
        made_bot(owner, urls[1], rooms=["general"]) as elsewhere,
        made_bot(owner, urls[1]) as everywhere,
    ):
        ours = (await owner.command(type="create", title="Ours", access="private"))["room"]
        for bot in (elsewhere, everywhere):
            invited = await owner.command(type="invite", room=ours, user=bot.user)
            assert invited["type"] == "ok"
        file = await upload(owner, word.encode(), "plan.txt")
        offset = (await send_files(owner, ours, file, text=word))["offset"]
        async with asyncio.timeout(WAIT_S):  # until the search has it
            while not (await everywhere.must("GET", f"/api/search?q={word}"))["results"]:
                pass
        described = await owner.must("GET", "/openapi.json")
        given = {"room": ours, "q": word, "limit": "9", "hold_s": "0", "name": "plan.txt"}
        paths = [f"/rooms/{ours}", f"/rooms/{ours}/{offset}", address_of(file)]
        paths += [f"/api/search?q={word}"]
        for path, methods in described["paths"].items():
            if "get" not in methods or "events" in path or path == "/chat":
                continue
            for name in re.findall(r"{(\w+)}", path):
                path = path.replace(f"{{{name}}}", given.get(name, file["id"]))
            names = [one["name"] for one in methods["get"].get("parameters", [])]
            query = {name: given[name] for name in names if name in given}
            paths.append(f"{path}?{urlencode(query)}")
        assert len(paths) > 25
        has_word = {}
        for bot in (elsewhere, everywhere):
            answers = [await bot.get(path) for path in paths]
            assert all(answer.code < 500 for answer in answers)
            has_word[bot] = [
                path
                for path, answer in zip(paths, answers, strict=True)
                if word.encode() in answer.body
            ]
        assert has_word[elsewhere] == []
        assert len(has_word[everywhere]) >= 5, has_word[everywhere]


async def test_an_ended_bot_is_out_on_all_instances_within_a_second(
    urls: Urls, owner: Member
) -> None:
    async with (
        made_bot(owner, urls[1]) as bot,
    ):
        room = (await owner.command(type="create", title="Ours", access="private"))["room"]
        assert (await owner.command(type="invite", room=room, user=bot.user))["type"] == "ok"
        socket = await bot.websocket()
        await socket.read()
        await owner.must("DELETE", f"/api/bots/{bot.user}")
        async with asyncio.timeout(WAIT_S):
            await socket.until_closed()
        assert socket.close_code == 4502
        async with asyncio.timeout(WAIT_S):
            while (await bot.ask_json("GET", "/api/me"))[0] != 401:
                pass
        members = (await owner.must("GET", f"/api/rooms/{room}/members"))["members"]
        assert [member["user"] for member in members] != [] and bot.user not in {
            member["user"] for member in members
        }
        bots = (await owner.must("GET", "/api/bots"))["bots"]
        assert bot.user not in {one["id"] for one in bots}


async def test_a_new_token_takes_the_place_of_the_last(urls: Urls, owner: Member) -> None:
    async with (
        made_bot(owner, urls[1]) as bot,
    ):
        socket = await bot.websocket()
        await socket.read()
        old, bot.token = (
            bot.token,
            (await owner.must("POST", f"/api/bots/{bot.user}/token"))["token"],
        )
        async with asyncio.timeout(WAIT_S):
            await socket.until_closed()
        await bot.until_known()
        assert (await bot.must("GET", "/api/me"))["user"] == bot.user
        bot.token = old
        assert (await bot.ask_json("GET", "/api/me"))[0] == 401


async def test_bots_have_no_account_to_do_something_with(urls: Urls, owner: Member) -> None:
    async with (
        made_bot(owner, urls[1], scopes=["read", "send", "manage"]) as bot,
    ):
        for method, path, body in (
            ("PATCH", "/api/me", {"name": "Other"}),
            ("DELETE", "/api/me", {}),
            ("POST", "/api/me/link", {}),
            ("GET", "/api/me/devices", {}),
            ("POST", "/api/me/password", {"old": "a", "new": "b"}),
            ("POST", "/api/passkeys/options", {"purpose": "register"}),
            ("POST", "/api/signup", {"name": new_name(), "password": "correct horse"}),
            ("GET", "/api/people", {}),
            ("GET", "/api/bots", {}),
            ("POST", "/api/bots", {"name": "Another"}),
            ("POST", "/logout", {}),
        ):
            assert await bot.code_of(method, path, **body) == "forbidden", path
        assert (await bot.must("GET", "/api/me"))["user"] == bot.user


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "Admin"},
        {"name": "x" * 33},
        {"name": 5},
        {"scopes": []},
        {"scopes": ["fly"]},
        {"scopes": "read"},
        {"rooms": []},
        {"rooms": ["A Room"]},
        {"rooms": [5]},
    ],
)
async def test_what_can_be_no_bot_is_refused_in_words(
    urls: Urls, owner: Member, fields: dict[str, Any]
) -> None:
    status, error = await owner.ask_json("POST", "/api/bots", **{"name": new_name(), **fields})
    assert status in (400, 403, 413) and len(error["message"]) > 10, error


async def test_a_token_of_nobody_is_refused(urls: Urls) -> None:
    bot = Bot(urls[0])  # it opens no sockets
    for token in ("parley_", "parley_abcdefghijklmnopqrstuv", "parley_" + "a" * 5000):
        bot.token = token
        assert await bot.code_of("GET", "/api/me") == "unauthorized"


async def test_a_bot_that_moderates_deletes_what_others_say(urls: Urls, owner: Member) -> None:
    async with (
        made_bot(owner, urls[1], scopes=["read", "send", "manage"]) as bot,
    ):
        room = (await owner.command(type="create", title="Ours", access="private"))["room"]
        for command in (
            {"type": "invite", "room": room, "user": bot.user},
            {"type": "role", "room": room, "user": bot.user, "role": "moderator"},
            {"type": "send", "room": room, "text": "spam", "key": "1"},
        ):
            reply = await owner.command(**command)
            assert reply["type"] == "ok"
        await asyncio.sleep(0.6)  # a role takes effect everywhere within a second
        deleted = {"type": "delete", "room": room, "offset": reply["offset"]}
        assert await code_of(bot, **deleted) is None
        page = json.loads((await owner.get(f"/api/rooms/{room}/messages")).body)
        assert [message["text"] for message in page["messages"]] == [""]
