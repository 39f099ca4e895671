"""What is asked and answered over plain HTTP: the API, names, polls, event streams."""

import asyncio
import json
from contextlib import aclosing

import pytest

from tests.support.client import Client
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=WAIT_S)


@pytest.fixture
def url(http_server: object, base_url: str) -> str:
    return base_url


async def test_everybody_is_in_the_lobby_as_a_guest_from_the_first_request(url: str) -> None:
    async with Client(url) as client:
        response = await client.get("/api/rooms")
        (room,) = json.loads(response.body)["rooms"]
        assert (room["room"], room["offset"], room["unread"]) == ("general", 0, 0)
        assert room["is_member"] is True
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


async def test_who_comes_with_a_cookie_is_not_given_another(url: str) -> None:
    async with Client(url) as client:
        await client.get("/api/rooms")
        assert "Set-Cookie" not in (await client.get("/api/rooms")).headers


async def test_answers_are_not_kept_framed_or_guessed_at(url: str) -> None:
    async with Client(url) as client:
        for path in ("/api/rooms", "/nowhere", "/poll"):
            headers = (await client.get(path)).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "SAMEORIGIN"
            assert headers["Content-Type"] == "application/json; charset=utf-8"


async def test_a_posted_message_is_answered_as_send_does_and_a_retry_alike(url: str) -> None:
    async with Client(url) as client:
        path, body = "/api/rooms/general/messages", '{"text":"hi","key":"k"}'
        answers = [json.loads((await client.post(path, body)).body) for _ in range(2)]
        assert answers[0] == answers[1]
        assert (answers[0]["type"], answers[0]["offset"], answers[0]["key"]) == ("ok", 1, "k")
        reply = await client.command(type="send", room="general", text="hi", key="k")
        assert reply == answers[0]


async def test_the_same_key_with_another_text_is_409(url: str) -> None:
    async with Client(url) as client:
        path = "/api/rooms/general/messages"
        await client.post(path, '{"text":"one","key":"k"}')
        response = await client.post(path, '{"text":"two","key":"k"}')
        assert (response.code, json.loads(response.body)["code"]) == (409, "key_conflict")


async def test_a_history_is_oldest_first_with_what_was_changed(url: str) -> None:
    async with Client(url) as client:
        for n in range(1, 6):
            await client.command(type="send", room="general", text=f"m{n}", key=f"k{n}")
        await client.command(type="edit", room="general", offset=2, text="edited")
        await client.command(type="delete", room="general", offset=3)
        await client.command(type="react", room="general", offset=4, emoji="\U0001f44d", on=True)
        history = json.loads((await client.get("/api/rooms/general/messages")).body)
        assert history["more"] is False
        messages = history["messages"]
        assert [m["text"] for m in messages] == ["m1", "edited", "", "m4", "m5"]
        assert [m["offset"] for m in messages] == [1, 2, 3, 4, 5]
        assert messages[1]["edited"]
        assert messages[2]["deleted"] is True
        assert list(messages[3]["reactions"]) == ["\U0001f44d"]


@pytest.mark.parametrize(
    "query,offsets,more",
    [
        ("limit=2", [4, 5], True),
        ("limit=5", [1, 2, 3, 4, 5], False),
        ("before=3", [1, 2], False),
        ("before=3&limit=1", [2], True),
        ("after=3", [4, 5], False),
        ("after=3&limit=1", [4], True),
        ("after=1&before=4", [2, 3], False),
        ("after=5", [], False),
        ("before=1", [], False),
        ("before=999999999999999", [1, 2, 3, 4, 5], False),
    ],
)
async def test_bounds_are_exclusive_both_ways(
    url: str, query: str, offsets: list[int], more: bool
) -> None:
    async with Client(url) as client:
        for n in range(5):
            await client.command(type="send", room="general", text="x", key=f"k{n}")
        answer = json.loads((await client.get(f"/api/rooms/general/messages?{query}")).body)
        assert [message["offset"] for message in answer["messages"]] == offsets
        assert answer["more"] is more


async def test_a_name_is_taken_in_place_and_who_one_is_stays(url: str) -> None:
    async with Client(url) as client:
        first = await client.post("/login", "name=Ada", {"Accept": "application/json"})
        ada = json.loads(first.body)
        assert ada["name"] == "Ada"
        second = await client.post("/login", "name=Countess", {"Accept": "application/json"})
        assert json.loads(second.body) == {"user": ada["user"], "name": "Countess"}
        await client.command(type="send", room="general", text="x", key="k")
        (message,) = json.loads((await client.get("/api/rooms/general/messages")).body)["messages"]
        assert (message["user"], message["name"]) == (ada["user"], "Countess")


async def test_a_form_that_is_sent_without_a_script_leads_back_to_the_page(url: str) -> None:
    async with Client(url) as client:
        response = await client.post("/login", "name=Ada")
        assert (response.code, response.headers["Location"]) == (303, "/")


async def test_a_poll_that_nothing_comes_for_says_so_and_keeps_its_place(url: str) -> None:
    async with Client(url) as client:
        answer = json.loads((await client.get("/poll")).body)
        assert [push["type"] for push in answer["data"]][:1] == ["hello"]
        while not answer["timeout"]:  # who is here may come first
            cursor = answer["cursor"]
            answer = json.loads((await client.get(f"/poll?cursor={cursor}")).body)
        assert answer == {"data": None, "timeout": True, "cursor": cursor}


async def test_a_poll_with_hello_asked_for_is_answered_at_once(url: str) -> None:
    async with Client(url) as client:
        cursor = json.loads((await client.get("/poll")).body)["cursor"]
        answer = json.loads((await client.get(f"/poll?cursor={cursor}&hello=1")).body)
        assert answer["data"][0]["type"] == "hello"


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_poll_may_be_posted_for_its_cursor_grows(url: str, as_json: bool) -> None:
    async with Client(url) as client:
        cursor = json.loads((await client.get("/poll")).body)["cursor"]
        await client.command(type="send", room="general", text="x", key="k")
        body = json.dumps({"cursor": cursor}) if as_json else f"cursor={cursor}"
        answer = json.loads((await client.post("/poll", body)).body)
        assert [p["text"] for p in answer["data"] if p["type"] == "message"] == ["x"]
        assert answer["cursor"] == cursor.rpartition(":")[0] + ":1"


async def test_an_event_stream_goes_on_behind_the_last_event_id(url: str) -> None:
    async with Client(url) as client:
        async with aclosing(client.events()) as events:
            hello = await anext(events)
        assert hello.type == "hello"
        assert hello.id.startswith("general:")
        for text in ("one", "two"):
            await client.command(type="send", room="general", text=text, key=text)
        headers = {"Last-Event-ID": hello.id}
        # The address's cursor is older than the last event: it is what the page began with.
        query = f"?cursor={hello.id.rpartition(':')[0]}:999"
        texts = []
        async with aclosing(client.events(query, headers)) as events:
            async for event in events:
                if event.type == "message":
                    texts.append(json.loads(event.data)["text"])
                    if len(texts) == 2:
                        break
        assert texts == ["one", "two"]
        assert event.id == f"{hello.id.rpartition(':')[0]}:2"


@pytest.mark.parametrize("older_in", ["header", "address", "cursor", "before"])
async def test_the_newest_cursor_counts_wherever_an_event_stream_is_given_it(
    url: str, older_in: str
) -> None:
    # Stand-ins for a browser's EventSource put the id into the address.
    async with Client(url) as client:
        for text in ("one", "two", "three"):
            reply = await client.command(type="send", room="general", text=text, key=text)
        older, newer = (f"general:{reply['epoch']}:{offset}" for offset in (1, 2))
        query = f"?lastEventId={newer}" + {
            "header": "",
            "address": f"&lastEventId={older}",
            "cursor": f"&cursor={older}",
            "before": "&cursor=&lastEventId=",
        }.get(older_in, "")
        headers = {"Last-Event-ID": older} if older_in == "header" else {}
        async with aclosing(client.events(query, headers)) as events:
            async for event in events:
                if event.type == "message":
                    break
        assert json.loads(event.data)["text"] == "three"


@pytest.mark.parametrize("last_event_id", ["", "0", "general", "x" * 8000, "%00"])
async def test_an_id_in_the_address_that_is_none_of_ours_is_a_fresh_start(
    url: str, last_event_id: str
) -> None:
    async with Client(url) as client:
        query = f"?lastEventId={last_event_id}"
        async with aclosing(client.events(query)) as events:
            assert (await anext(events)).type == "hello"


async def test_every_block_of_an_event_stream_has_data_also_when_a_room_is_added(url: str) -> None:
    """Clients that are simpler than the standard make an event of every block."""
    async with Client(url) as client, client.request("/events") as (head, reader):
        assert head["Content-Type"] == "text/event-stream; charset=utf-8"
        blocks = [(await reader.readuntil(b"\n\n")).decode()]
        assert "retry: 2000\n" in blocks[0] and "event: hello\n" in blocks[0]
        await client.command(type="join", room="dev")
        await client.command(type="send", room="dev", text="été ☃", key="k")
        while "event: message\n" not in blocks[-1]:
            blocks.append((await reader.readuntil(b"\n\n")).decode())
        assert [block for block in blocks if "\ndata: " not in f"\n{block}"] == []
        # The id names both rooms from then on.
        ids = [line for block in blocks for line in block.splitlines() if line.startswith("id: ")]
        assert "dev:" in ids[-1] and "general:" in ids[-1]


async def test_a_newer_attach_of_a_session_sends_the_older_one_away(url: str) -> None:
    async with Client(url) as client:
        socket = await client.websocket()
        hello = await socket.read()
        assert hello is not None
        pushes = client.pushes("sse", f"?session={hello['session']}")
        async with asyncio.timeout(WAIT_S):
            assert (await anext(pushes))["session"] == hello["session"]
            await socket.until_closed()
        await pushes.aclose()
        assert socket.close_code == 4500
