"""The search: what is found, by whom, and what is found no longer."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.guest import Guest
from tests.security.case import faults
from tests.support.aio import LOOK_S, in_a_loop
from tests.support.client import Client
from tests.support.members import SETUP_CODE, Member
from tests.support.server import ServerProcess, run_server
from tests.support.stores import STORES, instances_over
from tests.support.wire import WAIT_S, Answer


@pytest.fixture(scope="module", params=STORES)
def servers(request: pytest.FixtureRequest) -> Iterator[Sequence[ServerProcess]]:
    with instances_over(request.param, OWNER_SETUP_CODE=SETUP_CODE) as servers:
        for server in servers:
            until_count(Guest(server.url), "nothing", 0)  # an index is made at the first start
        yield servers
        for server in servers:
            server.until_all_logged()
            assert [line for line in faults(server) if "tornado.access: 503" not in line] == []


async def answer_to(client: Client, q: str, **more: object) -> Answer:
    return await client.get("/api/search?" + urlencode({"q": q, **more}))


async def search(client: Client, q: str, **more: object) -> dict[str, Any]:
    answer = await answer_to(client, q, **more)
    assert answer.code == 200, answer.body
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def texts(client: Client, q: str, **more: object) -> list[str]:
    return [found["text"] for found in (await search(client, q, **more))["results"]]


async def until_found(client: Client, q: str, *expected: str, **more: object) -> None:
    """Wait until the query finds these texts, the newest first."""
    async with asyncio.timeout(WAIT_S):
        while (found := await texts(client, q, **more)) != list(expected):
            print(q, found)
            await asyncio.sleep(LOOK_S)


async def say(client: Client, text: str, room: str = "general") -> int:
    key = os.urandom(8).hex()
    reply = await client.command(type="send", room=room, text=text, key=key)
    assert reply["type"] == "ok", reply
    return int(reply["offset"])


@in_a_loop(60)
async def test_words_prefixes_phrases_and_all_scripts_are_found(
    servers: Sequence[ServerProcess],
) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        await say(ada, "Zwei Müller essen Öl in der Straße")
        await say(ada, "今日は東京都に行く zq1")
        await say(ada, "ภาษาไทยไม่มีช่องว่าง zq1")
        await say(ada, "हिन्दी में zq1")
        await say(ada, "the quick brown zq2fox")
        await say(ada, "brown quick zq2fox")
        await until_found(bob, "zq2fox", "brown quick zq2fox", "the quick brown zq2fox")
        assert await texts(bob, "zq2f*") == ["brown quick zq2fox", "the quick brown zq2fox"]
        assert await texts(bob, "zq2f") == []
        assert await texts(bob, '"quick brown" zq2fox') == ["the quick brown zq2fox"]
        assert await texts(bob, "ZWEI muller strasse") == ["Zwei Müller essen Öl in der Straße"]
        assert await texts(bob, "東京 zq1") == ["今日は東京都に行く zq1"]
        assert await texts(bob, "都 zq1") == ["今日は東京都に行く zq1"]
        assert await texts(bob, "東都 zq1") == []
        assert await texts(bob, "ไทย zq1") == ["ภาษาไทยไม่มีช่องว่าง zq1"]
        assert await texts(bob, "हिन्दी zq1") == ["हिन्दी में zq1"]
        (found,) = (await search(bob, '"quick brown" zq2fox'))["results"]
        assert found["excerpt"] == ["the ", "quick brown", " ", "zq2fox", ""]
        assert (found["room"], found["type"]) == ("general", "message")


@in_a_loop(60)
async def test_what_was_sent_together_is_found_in_its_order(
    servers: Sequence[ServerProcess],
) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        said = [f"zq7 {number}" for number in range(20)]
        await ada.send_all({text: text for text in said})
        await until_found(bob, "zq7", *reversed(said), limit=20)


@in_a_loop(60)
async def test_operators_and_pages(servers: Sequence[ServerProcess]) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        for client, name in ((ada, "Ada Opal"), (bob, "Bob")):
            answer = await client.post("/login", f"name={name}", {"Accept": "application/json"})
            user = json.loads(answer.body)["user"]
        made = await ada.command(type="create", title="Opal hill", access="unlisted")
        await bob.command(type="join", room=made["room"])
        for number in range(5):
            await say(ada, f"opalword {number}")
        await say(bob, "opalword of bob")
        await say(ada, "opalword there", made["room"])
        await until_found(ada, "opalword there", "opalword there")
        everything = await texts(bob, "opalword")
        assert len(everything) == 7
        assert await texts(bob, "opalword from:@bob") == ["opalword of bob"]
        assert await texts(bob, "opalword", user=user) == ["opalword of bob"]
        assert len(await texts(bob, 'opalword from:"ada opal"')) == 6
        assert await texts(bob, 'opalword in:"opal hill"') == ["opalword there"]
        assert await texts(bob, "opalword", room=made["room"]) == ["opalword there"]
        assert len(await texts(bob, "opalword in:#general")) == 6
        assert await texts(bob, "opalword before:2020-01-01") == []
        assert await texts(bob, "opalword after:2020-01-01") == everything
        assert await texts(bob, "opalword", before="2020-01-01T00:00:00Z") == []
        paged, before = [], ""
        for _ in range(4):
            page = await search(bob, "opalword", limit=2, before=before)
            paged += [found["text"] for found in page["results"]]
            assert page["more"] == ("before" in page)
            before = page.get("before", "")
        assert not page["more"]
        assert paged == everything


@in_a_loop(60)
async def test_what_is_deleted_or_replaced_is_not_found(servers: Sequence[ServerProcess]) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        offset = await say(ada, "garnet one")
        other = await say(ada, "garnet two")
        await until_found(bob, "garnet", "garnet two", "garnet one")
        await ada.command(type="delete", room="general", offset=offset)
        await ada.command(type="edit", room="general", offset=other, text="garnet third")
        assert await texts(bob, "garnet one") == []
        assert await texts(bob, "garnet two") == []
        await until_found(bob, "garnet", "garnet third")
        await until_found(bob, "third garnet", "garnet third")


@in_a_loop(60)
async def test_only_members_find_what_was_said_in_private_since_they_came(
    servers: Sequence[ServerProcess],
) -> None:
    async with (
        Client(servers[0].url) as ada,
        Client(servers[1].url) as bob,
        Client(servers[1].url) as eve,
    ):
        users = []
        for client in (ada, bob, eve):
            answer = await client.post("/login", "name=N", {"Accept": "application/json"})
            users.append(json.loads(answer.body)["user"])
        private = (await ada.command(type="create", title="Ours", access="private"))["room"]
        await say(ada, "beryl before", private)
        await ada.command(type="invite", room=private, user=users[1])
        await say(ada, "beryl after", private)
        direct = (await ada.command(type="direct", users=[users[1]]))["room"]
        await say(ada, "beryl between us", direct)
        await until_found(ada, "beryl", "beryl between us", "beryl after", "beryl before")
        await until_found(bob, "beryl", "beryl between us", "beryl after")
        assert await texts(bob, "beryl", room=private) == ["beryl after"]
        assert await texts(eve, "beryl") == []
        async with Member(servers[1].url) as owner:
            await owner.become_owner()
            assert await texts(owner, "beryl") == []
        theirs = await answer_to(eve, "beryl", room=private)
        unknown = await answer_to(eve, "beryl", room="p-abcdefghijkmnpqr")
        body = unknown.body.replace(b"p-abcdefghijkmnpqr", private.encode())
        assert (theirs.code, theirs.body) == (404, body)
        await ada.command(type="kick", room=private, user=users[1])
        await until_found(bob, "beryl", "beryl between us")
        assert (await answer_to(bob, "beryl", room=private)).code == 404
        # An unlisted room is for whoever knows its name.
        unlisted = (await ada.command(type="create", title="Quiet", access="unlisted"))["room"]
        await say(ada, "beryl quietly", unlisted)
        await until_found(ada, "beryl quietly", "beryl quietly")
        assert await texts(eve, "beryl") == []
        await until_found(eve, "beryl", "beryl quietly", room=unlisted)


@in_a_loop(60)
async def test_a_room_that_is_removed_is_removed_from_the_index(
    servers: Sequence[ServerProcess],
) -> None:
    async with Client(servers[0].url) as ada, Client(servers[1].url) as bob:
        room = (await ada.command(type="create", title="T", access="public", room="topaz"))["room"]
        await say(ada, "topaz one", room)
        await until_found(bob, "topaz one", "topaz one")
        assert (await ada.fetch("DELETE", f"/api/rooms/{room}", "", {})).code == 200
        assert await texts(bob, "topaz one") == []
        await ada.command(type="join", room=room)
        await say(ada, "topaz two", room)
        await until_found(bob, "topaz", "topaz two")


@in_a_loop(60)
async def test_bad_queries_get_a_clear_error_and_signs_mean_nothing(
    servers: Sequence[ServerProcess],
) -> None:
    async with Client(servers[0].url) as ada:
        await say(ada, "jasper NEAR OR NOT text:place")
        await until_found(ada, "jasper", "jasper NEAR OR NOT text:place")
        for q in ("", " ", '"', "!?", "*", '""'):
            assert await search(ada, q) == {"results": [], "more": False}
        for q in (
            "from:",
            "in:",
            "before:",
            "before:soon",
            "x" * 501,
            " ".join(map(str, range(40))),
        ):
            answer = await answer_to(ada, q)
            assert answer.code == 400, q
            assert json.loads(answer.body)["code"] == "bad_command"
        assert (await answer_to(ada, "a" * 5000)).code == 400
        for q in ("x", "x\0"):
            assert (await answer_to(ada, q, before="soon")).code == 400
        for q in (
            'jasper "near or not', "jasper NEAR(a b)", "jasper AND", "OR jasper", "jasper NOT near",
            "jas*per", "jasper) OR (a", "jasper'; DROP TABLE messages", "{text} : jasper",
            "^jasper", "-jasper", "+jasper", "jasper\0", "text:place", "place:public", "_ jasper",
            "%", "a" * 500, "é" * 500, "東" * 500, "* jasper", "‮jasper",
        ):  # fmt: skip
            answer = await answer_to(ada, q)
            assert answer.code == 200, (q, answer.body)
        assert len(await texts(ada, "jasper) OR NOT")) == 1
        assert await texts(ada, "jasper place:public") == []
        assert await texts(ada, "jasper id*") == []


def test_the_index_is_built_anew_if_it_is_missing_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "search-1.sqlite3"
    with run_server(tmp_path) as server:
        guest = Guest(server.url)
        guest.say("general", *(f"agate {number}" for number in range(300)))
        until_count(guest, "agate", 50)
        for change in ("missing", "damaged"):
            server.stop()
            assert path.stat().st_mode & 0o777 == 0o600
            if change == "missing":
                path.unlink()
            else:
                path.write_bytes(b"no database " * 1000)
            server.start()
            until_count(guest.at(server.url), '"agate 0"', 1)
        server.until_all_logged()
        (complaint,) = [line for line in server.complaints() if "tornado.access" not in line]
        assert "The search index is damaged" in complaint


def until_count(guest: Guest, q: str, count: int) -> None:
    found = -1
    while found != count:
        status, answer = guest.get("/api/search?" + urlencode({"q": q, "limit": 50}))
        found = len(json.loads(answer)["results"]) if status == 200 else -1
        time.sleep(LOOK_S)


def test_a_broken_index_hurts_the_search_alone(tmp_path: Path) -> None:
    (tmp_path / "search-1.sqlite3").mkdir(parents=True)  # nothing can be written there
    with run_server(tmp_path) as server:
        guest = Guest(server.url)
        assert guest.say("general", "still here")
        server.until_logged("The search index does not go on")
        status, answer = guest.get("/api/search?q=here")
        assert (status, json.loads(answer)["code"]) == (503, "unavailable")
        assert guest.get("/readyz")[0] == 200
        assert guest.texts("general") == ["still here"]


def test_a_server_without_a_search_has_none_and_keeps_no_index(tmp_path: Path) -> None:
    with run_server(tmp_path) as server:
        until_count(Guest(server.url), "hello", 0)
    assert list(tmp_path.glob("search-*"))
    with run_server(tmp_path, SEARCH="off") as server:
        guest = Guest(server.url)
        guest.say("general", "hello")
        assert guest.get("/api/search?q=hello")[0] == 404
        assert not list(tmp_path.glob("search-*"))
