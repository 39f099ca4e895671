"""What another chat has exported is read, found and answered here as if it had been said here."""

import asyncio
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.test_admin_people import Place, admin, running
from tests.support.aio import LOOK_S
from tests.support.client import Client
from tests.support.members import Member
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=4 * WAIT_S)

USERS = [
    {"id": "U1", "name": "ada", "profile": {"display_name": "Ada L", "real_name": "Ada Lovelace"}},
    {"id": "U2", "name": "grace", "profile": {"display_name": "", "real_name": "Grace H"}},
    {"id": "U3", "name": "admin"},
    {"id": "U4", "name": "silent"},
]
TEA = [
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": "1600000000.000100"},
    {"type": "message", "user": "U1", "text": "hello <@U2>, *pomelo*", "ts": "1600000001.000200",
     "thread_ts": "1600000001.000200",
     "reactions": [{"name": "+1", "users": ["U2", "U3"]}, {"name": "parrot!", "users": ["U2"]}]},
    {"type": "message", "user": "U2", "text": "and hello", "ts": "1600000002.500000",
     "thread_ts": "1600000001.000200", "edited": {"user": "U2", "ts": "1600000009.000000"}},
    {"type": "message", "subtype": "channel_topic", "user": "U1", "ts": "1600000003.000000"},
    {"type": "message", "subtype": "bot_message", "username": "Weather", "text": "rain",
     "ts": "1600000004.000000"},
    {"type": "message", "user": "U3", "text": "", "ts": "1600000005.000000",
     "files": [{"name": "a.png", "permalink": "https://files.example/a.png"}]},
]  # fmt: skip
NEXT_DAY = [{"type": "message", "user": "U2", "text": "word " * 900, "ts": "1600090000.000000"}]


def export(path: Path) -> Path:
    files: dict[str, Any] = {
        "users.json": USERS,
        "channels.json": [
            {"id": "C1", "name": "tea", "creator": "U1", "members": ["U1", "U2"],
             "topic": {"value": "Green"}},
            {"id": "C2", "name": "general", "members": ["U1"]},
        ],
        "groups.json": [{"id": "G1", "name": "board", "creator": "U2", "members": ["U2"]}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "tea/2020-09-13.json": TEA,
        "tea/2020-09-14.json": NEXT_DAY,
        "general/2020-09-13.json": [],
        "board/2020-09-13.json": [{"user": "U2", "text": "persimmon", "ts": "1600000000.0"}],
        "D1/2020-09-13.json": [{"user": "U1", "text": "between us", "ts": "1600000000.0"}],
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, json.dumps(content))
    return path


@pytest.fixture(scope="module", params=["embedded", "redis"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    # A test asks the search until its index is made.
    with running(request.param, RATE_LIMITS="off") as place:
        yield place


async def messages(client: Client, room: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/rooms/{room}/messages")
    assert answer.code == 200, answer.body
    return list(json.loads(answer.body)["messages"])


async def found(client: Client, word: str) -> list[dict[str, Any]]:
    """Return what the search finds, when its index has got there."""
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await client.get("/api/search?" + urlencode({"q": word}))
            assert answer.code == 200, answer.body
            if results := json.loads(answer.body)["results"]:
                return list(results)
            await asyncio.sleep(LOOK_S)


async def test_an_export_of_slack_is_rooms_people_and_messages(
    place: Place, tmp_path: Path
) -> None:
    path = str(export(tmp_path / "e.zip"))
    words = ("import", "slack", path, "--private", "--direct")
    dry = await admin(place, *words, "--dry-run")
    assert (dry["messages"], dry["accounts"]) == (7, 3)
    told = await admin(place, *words)
    assert {**dry, "dry_run": False} == told | {"rooms": dry["rooms"]}
    rooms = {one["from"]: one["room"] for one in told["rooms"]}
    assert (rooms["tea"], rooms["general"]) == ("tea", "general-slack")
    assert rooms["board"][:2] == "p-" and rooms["D1"][:2] == "d-"
    assert told["renamed"] == {"U3": "admin of slack"}
    assert told["left_out"] == {
        "channel_topic": 1, "reactions with emoji of Slack's own": 1,
    }  # fmt: skip

    async with Member(place.url) as reader, Member(place.url) as grace:
        hello, reply, rain, file, *long = await messages(reader, "tea")
        assert (hello["name"], hello["time"]) == ("Ada L", "2020-09-13T12:26:41.000Z")
        assert hello["text"] == "hello @Grace H, **pomelo**"
        people = (await admin(place, "people", "list"))["people"]
        users = {one["name"]: one["user"] for one in people}
        assert hello["mentions"] == [users["Grace H"]]
        assert hello["reactions"] == {"👍": [users["Grace H"], users["admin of slack"]]}
        assert (reply["reply_to"], reply["reply_user"]) == (hello["offset"], users["Ada L"])
        assert reply["edited"] == "2020-09-13T12:26:49.000Z"
        assert (rain["name"], rain["user"][:4]) == ("Weather", "bot-")
        assert file["text"] == "[a.png](https://files.example/a.png)"
        assert len(long) == 2 and all(one["user"] == users["Grace H"] for one in long)
        shown = await admin(place, "rooms", "show", "tea")
        assert (shown["topic"], shown["owners"]) == ("Green", [users["Ada L"]])

        (result,) = await found(reader, "pomelo")
        assert (result["room"], result["offset"]) == ("tea", hello["offset"])

        # People go on where they were: who takes an account over has their rooms, and writes there.
        link = (await admin(place, "people", "reset-link", "Grace H"))["path"]
        code = link.partition("?code=")[2]
        assert (await grace.form("/reset", code=code, password="a new password")).code == 303
        (secret,) = await messages(grace, rooms["board"])
        assert secret["text"] == "persimmon"
        assert [one["text"] for one in await messages(grace, rooms["D1"])] == ["between us"]
        assert (await found(grace, "persimmon"))[0]["room"] == rooms["board"]
        sent = await grace.command(type="send", room="tea", text="here again", key="k")
        assert sent["offset"] == long[-1]["offset"] + 1
        direct = await grace.command(type="direct", users=[users["Ada L"]])
        assert direct["room"] == rooms["D1"]
        for room in ("board", "D1"):
            answer = await reader.get(f"/api/rooms/{rooms[room]}/messages")
            assert answer.code == 404

        # Deleted means gone, also if the import is repeated.
        await grace.command(type="delete", room="tea", offset=reply["offset"])
        again = await admin(place, *words)
        assert (again["messages"], again["accounts"]) == (0, 0)
        assert all(one["was_there"] for one in again["rooms"])
        assert {one["from"]: one["room"] for one in again["rooms"]} == rooms
        assert "and hello" not in json.dumps(await messages(grace, "tea"))

    refused = await admin(place, "import", "slack", path, "--rename", "#nobody=x", code=1)
    assert "#nobody" in refused["error"]


async def test_a_log_of_irc_is_a_room(place: Place, tmp_path: Path) -> None:
    log = tmp_path / "2024-03-30.log"
    log.write_text("[10:00:00] <Ada> kumquat\n[10:00:01] *** Quits: Ada\n[10:01:00] * Bob nods\n")
    words = ("import", "irc", "--room", "old-tea", "--zone", "Europe/Berlin", str(log))
    told = await admin(place, *words)
    assert (told["messages"], told["accounts"]) == (2, 0)
    async with Client(place.url) as reader:
        said, done = await messages(reader, "old-tea")
        assert (said["name"], said["time"]) == ("Ada", "2024-03-30T09:00:00.000Z")
        assert (done["name"], done["text"]) == ("Bob", "_nods_")
        assert (await found(reader, "kumquat"))[0]["room"] == "old-tea"
    assert (await admin(place, *words))["messages"] == 0
    (tmp_path / "diary.log").write_text("Dear diary\n")
    words = ("import", "irc", "--room", "diary", str(tmp_path / "diary.log"))
    assert "nothing is said there" in (await admin(place, *words, code=1))["error"]
    assert "Europe/Berlin" in (await admin(place, *words, "--zone", "Mars", code=2))["error"]


async def test_rooms_go_to_another_server_and_are_the_same_there(
    place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "rooms.jsonl"
    async with Member(place.url) as ada, Member(place.url) as bob:
        names = [await ada.sign_up(), await bob.sign_up()]
        made = await ada.command(type="create", title="To move", access="private", topic="Away")
        room = made["room"]
        await ada.command(type="invite", room=room, user=bob.user)
        first = await ada.command(type="send", room=room, text=f"**hi** @{names[1]}", key="a")
        gone = await ada.command(type="send", room=room, text="taken back", key="b")
        answer = {"reply_to": first["offset"], "key": "c"}
        await bob.command(type="send", room=room, text="hello", **answer)
        await bob.command(type="react", room=room, offset=first["offset"], emoji="👍", on=True)
        await ada.command(type="delete", room=room, offset=gone["offset"])
        before = await messages(ada, room)
    assert (await admin(place, "rooms", "export", str(file), room))["messages"] == 2
    assert "taken back" not in file.read_text() and file.stat().st_mode & 0o777 == 0o600

    with running("embedded") as other:
        told = await admin(other, "import", "parley", str(file))
        assert (told["messages"], told["accounts"]) == (2, 2)
        (moved,) = told["rooms"]
        shown = await admin(other, "rooms", "show", moved["room"])
        assert (shown["title"], shown["topic"], shown["access"]) == ("To move", "Away", "private")
        members = (await admin(other, "rooms", "members", moved["room"]))["members"]
        assert {one["name"]: one["role"] for one in members} == {
            names[0]: "owner", names[1]: "member",
        }  # fmt: skip
        async with Member(other.url) as again:
            link = (await admin(other, "people", "reset-link", names[1]))["path"]
            code = link.partition("?code=")[2]
            assert (await again.form("/reset", code=code, password="a new password")).code == 303
            after = await messages(again, moved["room"])
    users = {one["name"]: one["user"] for one in members}
    for old, new in zip([one for one in before if not one.get("deleted")], after, strict=True):
        for name in ("name", "time", "text", "html"):
            assert old[name] == new[name]
        assert new["user"] == users[new["name"]]
    assert after[0]["mentions"] == [users[names[1]]]
    assert after[0]["reactions"] == {"👍": [users[names[1]]]}
    assert after[1]["reply_to"] == after[0]["offset"]
    refused = await admin(place, "rooms", "export", str(file), "no-such-room", code=1)
    assert "no room" in refused["error"] or "is there already" in refused["error"]
