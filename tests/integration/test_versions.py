"""An older version beside this one, on one store; and what a newer one may leave there."""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.guest import Guest
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.conversation import converse
from tests.support.redis_server import RedisServer, run_redis
from tests.support.server import ROOT, ServerProcess, run_server
from tests.support.wire import Socket

# The last that did not say which version its store has: version 1 of both stores.
OLDER = "8e9788900beb0b6889f09b96eb3b296da97f6781"
# The last with version 1 in Redis.
PREVIOUS = "214eb2b"
# The last that stored all messages as JSON in SQLite: 0.7.1.
JSON_IN_SQLITE = "8657240"
# That switching loses nothing, test_switching.py shows with many more. These show that each version
# reads what the other writes: each has some hundred of the other's, over each transport.
MESSAGES = 600
SECRET = "a secret of these tests"


def program_of(commit: str, folder: Path) -> Path:
    """Return the app.py of another version, taken from this repository's history."""
    archive = subprocess.run(
        ["git", "archive", commit, "app.py", "chat", "static", "templates", "setup.cfg"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if archive.returncode:
        pytest.skip(f"The history of this clone does not reach to {commit[:7]}.")
    subprocess.run(["tar", "-x"], cwd=folder, input=archive.stdout, check=True)
    return folder / "app.py"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program_of(OLDER, tmp_path_factory.mktemp("older"))


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program_of(PREVIOUS, tmp_path_factory.mktemp("previous"))


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with run_redis() as redis:
        yield redis


@contextmanager
def run_older(script: Path, data_dir: Path, **env: str) -> Iterator[ServerProcess]:
    server = ServerProcess(
        data_dir, {"SECRET": SECRET, "RATE_LIMITS": "off", **env}, script=str(script)
    )
    server.start()
    try:
        yield server
    finally:
        server.kill()


def test_the_version_before_and_this_one_serve_one_conversation_from_one_redis(
    tmp_path: Path, redis: RedisServer, previous: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"The seed is {seed}.")
    env = {"REDIS_URL": redis.url, "SECRET": SECRET, "RATE_LIMITS": "off"}
    with run_older(previous, tmp_path / "previous", REDIS_URL=redis.url) as first:
        ann = Guest(first.url)
        assert ann.say("general", "before", "to be deleted") == [1, 2]
        with run_server(tmp_path / "newer", **env) as second:
            ben = Guest(second.url)
            assert change(ann, "edit", 1, text="edited there") == 3
            assert ben.texts("general") == ["edited there", "to be deleted"]
            assert ben.say("general", "mine") == [4]
            assert change(ben, "react", 1, emoji="👍", on=True) == 5
            assert change(ben, "edit", 4, text="edited here") == 6
            assert change(ann, "delete", 2) == 7
            assert change(ben, "edit", 4, text="edited once more") == 8
            for guest in (ann, ben):
                shown = guest.page("general")
                assert [m["text"] for m in shown] == ["edited there", "", "edited once more"]
                assert [*shown[0]["reactions"]] == ["👍"]
            for guest, elsewhere in ((ann, second.url), (ben, first.url)):
                guest.at(elsewhere).say("general", "I am the same here")
            texts = [(m["user"], m["text"]) for m in ben.page("general")]
            assert [user for user, text in texts if text == "I am the same here"] == [
                next(user for user, text in texts if text == mine)
                for mine in ("edited there", "edited once more")
            ]
            asyncio.run(converse([first.url, second.url], seed, MESSAGES))
            texts = [Guest(server.url).texts("general", 5000) for server in (first, second)]
            assert texts[0] == texts[1]
            assert texts[0][0] == "edited there"
            (top,) = Guest(second.url).say("general", "going")
        assert Guest(first.url).say("general", "gone back") == [top + 1]


def change(guest: Guest, type_: str, offset: int, **fields: Any) -> int:
    """Have ``guest`` change a message; return the offset of the change."""
    (reply,) = guest.do({"type": type_, "room": "general", "offset": offset, **fields})
    assert reply["type"] == "ok", reply
    return int(reply["offset"])


def test_a_folder_of_an_older_version_is_taken_over_with_all_that_it_holds(
    tmp_path: Path, older: Path
) -> None:
    data_dir = tmp_path / "data"
    with run_older(older, data_dir) as server:
        guest = Guest(server.url)
        guest.do({"type": "join", "room": "dev"})
        guest.say("dev", "one", "two")
        guest.do({"type": "edit", "room": "dev", "offset": 3, "text": "three"})
        server.kill()  # what is not yet in the file itself is in SQLite's log beside it
    with run_server(data_dir, SECRET=SECRET) as server:
        guest = Guest(server.url)
        assert guest.texts("dev") == ["one", "three"]
        guest.do({"type": "join", "room": "dev"})
        assert guest.say("dev", "four") == [6]
    server = ServerProcess(data_dir, {"SECRET": SECRET}, script=str(older))
    server.launch()
    assert server.exit_code() != 0
    assert "was written by another version of Parley" in "".join(server.log)


def test_one_goes_back_to_a_version_that_can_not_read_the_store_by_a_backup(tmp_path: Path) -> None:
    (program := tmp_path / "program").mkdir()
    script = program_of(JSON_IN_SQLITE, program)
    data_dir, copy = tmp_path / "data", tmp_path / "copy.gz"
    with run_older(script, data_dir) as server:
        ann = Guest(server.url)
        ann.say("general", "kept", "to be edited there")
        gone = [f"secret {number}" for number in (3, 4)]
        ann.do(*({"type": "send", "room": "general", "text": t, "key": t[-1]} for t in gone))
        assert change(ann, "edit", 2, text="edited **there**") == 5
    with run_server(data_dir, SECRET=SECRET) as server:
        ann = ann.at(server.url)
        assert ann.texts("general") == ["kept", "edited **there**", *gone]
        assert change(ann, "edit", 3, text="edited here") == 6
        assert change(ann, "delete", 4) == 7
        assert ann.say("general", "new", "*new*") == [8, 9]
        again = {"type": "send", "room": "general", "text": "sent again", "key": "again"}
        assert ann.do(again)[0]["offset"] == 10
        shown = ann.page("general")
        run_admin(ROOT / "app.py", data_dir, "backup", str(copy))
        server.stop()
    held = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert b"edited here" in held
    # The index of the search has words, not texts, and erases them a little later.
    assert not [text for text in gone if text.encode() in held]
    refused = ServerProcess(data_dir, {"SECRET": SECRET}, script=str(script))
    refused.launch()
    assert refused.exit_code() != 0
    assert "is of a newer version of Parley" in "".join(refused.log)
    run_admin(script, data_dir, "restore", str(copy), "--overwrite")
    with run_older(script, data_dir) as server:
        ann = ann.at(server.url)
        assert without_epochs(ann.page("general")) == without_epochs(shown)
        assert ann.do(again)[0]["offset"] == 10
        assert ann.say("general", "gone back") == [11]


def run_admin(script: Path, data_dir: Path, *words: str) -> None:
    env = {**os.environ, "SECRET": SECRET, "DATA_DIR": str(data_dir)}
    subprocess.run(
        [sys.executable, str(script), "admin", *words],
        cwd=script.parent, env=env, check=True, timeout=60,
    )  # fmt: skip


def without_epochs(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ``messages`` without what a restore gives anew."""
    return [{**message, "epoch": ""} for message in messages]


@in_a_loop(30)
async def test_what_only_a_newer_version_knows_is_passed_over_and_all_else_goes_on(
    tmp_path: Path, redis: RedisServer
) -> None:
    with (
        redis.client() as store,
        run_server(tmp_path, REDIS_URL=redis.url, SECRET=SECRET) as server,
    ):
        store.hset("parley:schema", mapping={"version": 9, "oldest": 1, "colour": "red"})
        async with Client(server.url) as client, Client(server.url) as other:
            socket = await client.websocket()
            user = (await until(socket, "hello"))["user"]
            append(store, "message", key="k", text="red", html="red", colour="red")
            append(store, "pinned", target=1, colour="red")
            message = await until(socket, "message")
            assert (message["text"], message["colour"]) == ("red", "red")
            assert (await until(socket, "pinned"))["offset"] == 2
            store.publish(f"parley:user:{{{user}}}:feed", f'{user}\n{{"type":"painted","by":"x"}}')
            store.publish("parley:{general}:feed", "painted red")
            block = {"who": user, "why": "painted", "until_s": 9e9}
            store.xadd("parley:bars", {"b": json.dumps(block)})
            store.publish("parley:everybody", "barred")
            store.publish("parley:everybody", "painted")
            await other.command(type="send", room="general", text="hi", key="1")
            message = await until(socket, "message")
            assert (message["text"], message["offset"]) == ("hi", 3)
            await client.command(type="join", room="dev")  # heard of by a signal of our own
            assert (await until(socket, "joined"))["room"] == "dev"
            answer = json.loads((await client.get("/api/rooms/general/messages")).body)
            assert [shown["text"] for shown in answer["messages"]] == ["red", "hi"]
            reply = await client.command(type="edit", room="general", offset=2, text="no message")
            assert reply["code"] == "bad_command"
        with run_server(tmp_path / "later", REDIS_URL=redis.url, SECRET=SECRET) as later:
            assert Guest(later.url).texts("general") == ["red", "hi"]


async def until(socket: Socket, type_: str) -> dict[str, Any]:
    """Return the next push of this type."""
    while (push := await socket.read()) is not None:
        if push["type"] == type_:
            return push
    raise AssertionError(f"closed with {socket.close_code} before {type_}")


def append(store: Any, kind: str, **fields: Any) -> None:
    """Append to the lobby as a newer version would."""
    source = (ROOT / "chat/backplane/redis/append.lua").read_text()
    log = ("head", "entries", "messages", "others", "amended", "members")
    keys = (*log, "joined", "records", "record-keys", "head", "head")
    names = [f"parley:{{general}}:{name}" for name in keys]
    body = json.dumps({"user": "u", "name": "U", "time": "2031-01-01T00:00:00.000Z", **fields})
    answer = store.eval(
        source, len(names), *names,
        *("append", "u", "e", "1", 60, "", 10_000),
        *("PUBLISH", "parley:{general}:feed", time.time(), "", 0, 1, 0, "", kind, body, "", ""),
    )  # fmt: skip
    assert answer[0][0] == b"ok"
