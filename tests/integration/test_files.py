"""Files in messages: on one server's disk, and over two instances that share Redis and a bucket."""

import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.members import SETUP_CODE, Member
from tests.support.s3 import s3_bucket
from tests.support.server import ServerProcess, run_server
from tests.support.site import run_site
from tests.support.uploads import (
    address_of,
    kept_at,
    kept_in,
    png,
    post_file,
    send_files,
    until_kept,
    upload,
)
from tests.support.wire import TRANSPORTS, Answer

ROOM = "general"
CONTENT = bytes(range(256)) * 3000


class Deployment(NamedTuple):
    urls: Sequence[str]
    kept: Callable[[], Collection[str]]


@pytest.fixture(scope="module", params=["disk", "bucket"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    env = {"OWNER_SETUP_CODE": SETUP_CODE, "HISTORY_LIMIT": "100", "RATE_LIMITS": "off"}
    if request.param == "bucket":
        with s3_bucket() as url, run_site(2, FILES_URL=url, **env) as site:
            yield Deployment(site.urls, lambda: kept_at(url))
        return
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), env)
        server.start()
        yield Deployment([server.url, server.url], lambda: kept_in(Path(folder)))
        assert server.stop() == 0


@pytest.fixture
def kept(deployment: Deployment) -> Callable[[], Collection[str]]:
    return deployment.kept


class Three:
    """Three people: two at one instance each, and one more."""

    def __init__(self, deployment: Deployment) -> None:
        self.ada, self.bob, self.eve = (Member(deployment.urls[number]) for number in (0, 1, 1))
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> tuple[Member, Member, Member]:
        people = self.ada, self.bob, self.eve
        for person, name in zip(people, ("Ada", "Bob", "Eve"), strict=True):
            await self._stack.enter_async_context(person)
            headers = {"Accept": "application/json"}
            answer = await person.post("/login", f"name={name}", headers)
            person.user = json.loads(answer.body)["user"]
        return people

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def is_unknown(answer: Answer) -> bool:
    return answer.code == 404 and json.loads(answer.body)["code"] == "no_such_file"


@in_a_loop(60)
async def test_a_file_is_its_user_s_until_it_is_sent_and_then_its_readers(
    deployment: Deployment,
) -> None:
    async with Three(deployment) as (ada, bob, _):
        info = await upload(ada, CONTENT, "Überlegungen (neu).bin")
        assert info["bytes"] == len(CONTENT)
        assert (await ada.get(address_of(info))).body == CONTENT
        assert is_unknown(await bob.get(address_of(info)))
        assert (await send_files(ada, ROOM, info))["type"] == "ok"
        answer = await bob.get(address_of(info))
        assert answer.body == CONTENT
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="_berlegungen _neu_.bin"; '
            "filename*=UTF-8''%C3%9Cberlegungen%20%28neu%29.bin"
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert is_unknown(await bob.get(f"/files/{info['id']}/another-name"))


@in_a_loop(60)
async def test_a_picture_is_shown_with_its_size_and_a_thumbnail(deployment: Deployment) -> None:
    async with Three(deployment) as (ada, bob, _):
        info = await upload(ada, png((600, 400)), "teal.png")
        assert (info["type"], info["width"], info["height"]) == ("image/png", 600, 400)
        await send_files(ada, ROOM, info)
        shown = await bob.get(address_of(info))
        assert shown.headers["Content-Type"] == "image/png"
        assert shown.headers["Content-Disposition"].startswith("inline;")
        assert len(shown.body) == info["bytes"]
        small = await bob.get(f"{address_of(info)}?size=thumbnail")
        assert small.headers["Content-Type"] == "image/webp"
        assert small.body[8:12] == b"WEBP"
        seen = {"If-None-Match": small.headers["ETag"]}
        again = await bob.get(f"{address_of(info)}?size=thumbnail", seen)
        assert (again.code, again.body) == (304, b"")
        head = await bob.fetch("HEAD", address_of(info))
        assert (head.code, int(head.headers["Content-Length"])) == (200, info["bytes"])


@in_a_loop(60)
async def test_messages_have_their_files_on_every_transport_and_in_history(
    deployment: Deployment,
) -> None:
    async with Three(deployment) as (ada, bob, _):
        start = await ada.command(type="send", room=ROOM, text="begin", key="begin")
        infos = [await upload(ada, b"one", "1.txt"), await upload(ada, b"two", "2.txt")]
        offset = (await send_files(ada, ROOM, *infos))["offset"]
        for transport in TRANSPORTS:
            place = (start["epoch"], start["offset"])
            async with Client(deployment.urls[1], cursor=place) as reader:
                reader.attach(transport)
                push = await reader.until(lambda push: push.get("offset") == offset)
                assert (push["text"], push["html"], push["files"]) == ("", "", infos)
        page = json.loads((await bob.get(f"/api/rooms/{ROOM}/messages?limit=1")).body)
        assert page["messages"][0]["files"] == infos
        answered = await bob.command(type="send", room=ROOM, text="nice", key="n", reply_to=offset)
        assert answered["type"] == "ok"


@in_a_loop(60)
async def test_a_file_belongs_to_the_first_message_that_names_it(deployment: Deployment) -> None:
    async with Three(deployment) as (ada, bob, _):
        info = await upload(ada, b"mine")
        first = await send_files(ada, ROOM, info, key="once")
        assert await send_files(ada, ROOM, info, key="once") == first
        for person, wanted in (
            (ada, {"key": "twice"}),  # was sent before
            (bob, {"key": "his"}),  # is somebody else's
        ):
            reply = await send_files(person, ROOM, info, **wanted)
            assert reply["code"] == "no_such_file", reply
        other = await upload(ada, b"another")
        reply = await send_files(ada, ROOM, info, other, key="thrice")
        assert reply["code"] == "no_such_file"
        assert (await send_files(ada, ROOM, other))["type"] == "ok"  # was not used up by that
        assert (await send_files(ada, ROOM, other, key="once"))["code"] == "no_such_file"
        for files in (["0" * 32], ["../../etc/passwd"], [info["id"]] * 2, ["0" * 32] * 11):
            reply = await ada.command(type="send", room=ROOM, key="bad", files=files)
            assert reply["code"] in ("no_such_file", "bad_command"), reply
        assert (await ada.command(type="send", room=ROOM, key="e"))["code"] == "empty"


@in_a_loop(60)
async def test_an_edit_leaves_the_files_and_may_take_the_text_away(deployment: Deployment) -> None:
    async with Three(deployment) as (ada, bob, _):
        info = await upload(ada, b"content")
        sent = await send_files(ada, ROOM, info, text="a caption")
        for text in ("another", ""):
            reply = await ada.command(type="edit", room=ROOM, offset=sent["offset"], text=text)
            assert reply["type"] == "ok", reply
            page = json.loads((await bob.get(f"/api/rooms/{ROOM}/messages?limit=1")).body)
            (message,) = page["messages"]
            assert (message["text"], message["files"]) == (text, [info])
        assert (await bob.get(address_of(info))).body == b"content"
        plain = await ada.command(type="send", room=ROOM, text="words", key="words")
        reply = await ada.command(type="edit", room=ROOM, offset=plain["offset"], text="")
        assert reply["code"] == "empty"


@in_a_loop(90)
async def test_what_is_deleted_is_gone_at_once_and_nothing_is_left(
    deployment: Deployment, kept: Callable[[], Collection[str]]
) -> None:
    async with Three(deployment) as (ada, bob, eve):
        before = len({name.rpartition("/")[0] for name in kept()})
        await eve.sign_up()
        owner = Member(deployment.urls[0])
        await owner.become_owner()
        made = (await ada.command(type="create", title="Ours", access="unlisted"))["room"]
        for person in (bob, eve):
            assert (await person.command(type="join", room=made))["type"] == "ok"

        async def say(person: Member, room: str) -> tuple[str, int]:
            info = await upload(person, png())
            reply = await send_files(person, room, info, text="look")
            assert reply["type"] == "ok", reply
            return address_of(info), reply["offset"]

        own, moderated, left, removed = [
            await say(*which) for which in ((ada, ROOM), (bob, made), (eve, ROOM), (bob, made))
        ]
        await until_kept(kept, before + 4)

        assert (await ada.command(type="delete", room=ROOM, offset=own[1]))["type"] == "ok"
        assert is_unknown(await bob.get(own[0]))
        assert is_unknown(await ada.get(own[0]))  # also to who has uploaded it
        reply = await ada.command(type="delete", room=made, offset=moderated[1])
        assert reply["type"] == "ok", reply
        assert is_unknown(await bob.get(moderated[0]))
        await until_kept(kept, before + 2)

        code, answer = await owner.ask_json("DELETE", f"/api/people/{eve.user}", messages=True)
        assert code == 200, answer
        assert is_unknown(await bob.get(left[0]))
        await until_kept(kept, before + 1)

        assert (await ada.fetch("DELETE", f"/api/rooms/{made}")).code == 200
        assert is_unknown(await bob.get(removed[0]))
        await until_kept(kept, before)


@in_a_loop(60)
async def test_a_file_of_a_private_room_is_an_unknown_file_byte_for_byte(
    deployment: Deployment,
) -> None:
    async with Three(deployment) as (ada, bob, eve):
        room = (await ada.command(type="create", title="Ours", access="private"))["room"]
        early, info = await upload(ada, b"from before he came"), await upload(ada, b"secret")
        await send_files(ada, room, early)
        await ada.command(type="invite", room=room, user=bob.user)
        await send_files(ada, room, info)
        assert (await bob.get(address_of(info))).body == b"secret"

        async def check(person: Member, asked: dict[str, object]) -> None:
            for method in ("GET", "HEAD"):
                for query in ("", "?size=thumbnail"):
                    one, other = [
                        await person.fetch(method, f"/files/{id}/{asked['name']}{query}")
                        for id in (asked["id"], "0" * 32)
                    ]
                    assert _comparable(one) == _comparable(other)
                    assert one.code == 404

        await check(eve, info)
        await check(bob, early)
        assert (await bob.command(type="leave", room=room))["type"] == "ok"
        await check(bob, info)
        assert (await ada.get(address_of(early))).body == b"from before he came"


@in_a_loop(60)
async def test_what_a_room_keeps_no_longer_is_unknown(deployment: Deployment) -> None:
    async with Three(deployment) as (ada, bob, _):
        await ada.command(type="join", room="short")
        info = await upload(ada, b"for a while")
        await send_files(ada, "short", info)
        assert (await bob.get(address_of(info))).code == 200
        for number in range(4):
            texts = {f"{number}-{at}": "more" for at in range(50)}
            await ada.send_all(texts, room="short")
        assert is_unknown(await bob.get(address_of(info)))


@in_a_loop(60)
async def test_where_guests_only_read_they_upload_nothing() -> None:
    with run_server(GUESTS="read") as server:
        async with Client(server.url) as guest:
            answer = await post_file(guest, b"x")
            assert (answer.code, json.loads(answer.body)["code"]) == (403, "forbidden")


@in_a_loop(60)
async def test_without_files_there_is_no_way_to_them() -> None:
    with run_server(FILES="off") as server:
        async with Client(server.url) as client:
            assert (await post_file(client, b"x")).code == 404
            assert (await client.get(f"/files/{'0' * 32}/a")).code == 404
            reply = await client.command(type="send", room=ROOM, key="k", files=["0" * 32])
            assert reply["code"] == "forbidden"


@in_a_loop(60)
async def test_below_a_path_files_are_there_too() -> None:
    with run_server(BASE_PATH="/chat") as server:
        async with Client(f"{server.url}/chat") as client:
            await client.get("/api/me")
            info = await upload(client, CONTENT * 4)  # longer than other bodies may be
            assert (await client.get(address_of(info))).body == CONTENT * 4


def _comparable(answer: Answer) -> object:
    differing = {"date", "x-request-id", "set-cookie"}
    fields = [each for each in answer.headers.get_all() if each[0].lower() not in differing]
    return answer.code, fields, answer.body


@in_a_loop(60)
async def test_a_picture_that_comes_without_its_cookie_makes_nobody_somebody_else(
    deployment: Deployment,
) -> None:
    async with Three(deployment) as (ada, bob, _):
        info, own = [await upload(ada, png((9, 9)), f"{n}.png") for n in range(2)]
        await send_files(ada, ROOM, info)
        cookies = {"": "", "of another secret": "parley_identity_12345678=x", "own": ada.cookie}
        await ada.post("/logout", "")
        for what, cookie in cookies.items():
            bob.cookie = cookie
            answers = [await bob.get(address_of(one)) for one in (info, own)]
            codes = [401, 401] if what == "own" else [200, 404]
            assert [answer.code for answer in answers] == codes, what
            assert not any(answer.headers.get_list("Set-Cookie") for answer in answers), what
