"""Backing up beside a server that runs, restoring, and moving to another kind of store."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chat.backplane import backup
from chat.backplane.redis import restoring
from chat.backplane.redis.connect import RedisOptions, connect_when_ready
from chat.backplane.redis.keys import Keys
from chat.clock import SystemClock
from chat.settings.redis_url import RedisUrl
from tests.browser.guest import Guest
from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.preloaded import run
from tests.support.redis_cluster import run_redis_cluster
from tests.support.redis_server import RedisServer, run_redis
from tests.support.server import ROOT, ServerProcess, run_server

SECRET = "a secret of these tests"
# What a browser gives: somewhere, and a key and a secret of the right length.
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/somewhere",
    "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
}
# Of the tables themselves, and of what an older program has left to do. The rows of the
# last one are read with those of another table.
NO_DATA = {"schema", "sqlite_sequence", "unfolded", "recent_keys"}
# What a restore may change: the epoch of a room, the number of a block, what followers are at.
SELECTS = {
    "rooms": "SELECT room, top, messages FROM rooms",
    "keys": "SELECT * FROM keys UNION ALL SELECT * FROM recent_keys",
    "bars": "SELECT who, why, until_s, bar FROM bars",
    "named_values": "SELECT * FROM named_values WHERE family NOT IN ('push-cursor', 'push-due')",
}
# Of one message in memory; some megabytes for the rest.
MANY = 25_000
MAX_GROWTH_KIB = 30_000


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with run_redis() as redis:
        yield redis


def admin(*words: str, code: int = 0, **env: str) -> str:
    """Run ``python app.py admin``; return what it says."""
    ended = run("admin", *words, env={"SECRET": SECRET, **env})
    said = ended.out.decode() + ended.err
    assert ended.code == code, said
    assert "Traceback" not in said
    return said


def in_order(path: Path) -> Iterator[dict[str, Any]]:
    """Yield all records of a backup as they stand there."""
    with gzip.open(path) as file:
        yield from map(json.loads, file)


def records(path: Path) -> list[dict[str, Any]]:
    """Return what a backup holds, without when it was made."""
    lines = list(in_order(path))
    assert lines[0]["type"] == "parley"
    return sorted(lines[1:], key=lambda line: json.dumps(line, sort_keys=True))


def of_type(type_: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in found if record["type"] == type_]


def messages(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in of_type("entry", found) if record["kind"] == "message"]


def test_all_that_was_acknowledged_before_a_backup_began_is_in_it(tmp_path: Path) -> None:
    data_dir, copy = tmp_path / "data", tmp_path / "copy.gz"
    with run_server(data_dir, SECRET=SECRET, RATE_LIMITS="off") as server:
        guest = Guest(server.url)
        guest.do({"type": "join", "room": "dev"})
        before = [f"before {number}" for number in range(200)]
        guest.say("dev", *before)
        stop = threading.Event()

        def talk() -> None:
            number = 0
            while not stop.is_set():
                guest.say("dev", f"meanwhile {number}")
                number += 1

        talking = threading.Thread(target=talk)
        talking.start()
        try:
            said = admin("backup", str(copy), DATA_DIR=str(data_dir))
        finally:
            stop.set()
            talking.join()
    assert "entries" in said
    assert copy.stat().st_mode & 0o777 == 0o600
    texts = [
        entry["body"]["text"]
        for entry in of_type("entry", records(copy))
        if "text" in entry["body"]
    ]
    assert sorted(texts)[: len(before)] == sorted(before)
    more = [text for text in texts if text.startswith("meanwhile")]
    assert sorted(more) == sorted(f"meanwhile {number}" for number in range(len(more)))


@in_a_loop(60)
async def test_clients_that_had_seen_more_than_a_restored_store_holds_load_it_anew(
    tmp_path: Path,
) -> None:
    data_dir, copy = tmp_path / "data", tmp_path / "copy.gz"
    with run_server(data_dir, SECRET=SECRET) as server:
        guest = Guest(server.url)
        guest.say("general", "one", "two")
        admin("backup", str(copy), DATA_DIR=str(data_dir))
        guest.say("general", "three")
        async with Client(server.url) as client:
            hello = json.loads((await client.get("/poll")).body)
            cursor = hello["cursor"]
            assert "three" in guest.texts("general")
            said = admin("restore", str(copy), code=1, DATA_DIR=str(data_dir))
            assert "Stop it first" in said
            server.stop()
            admin("restore", "--overwrite", str(copy), DATA_DIR=str(data_dir))
            server.start()
            answer = json.loads((await client.get(f"/poll?cursor={cursor}")).body)
            resync = next(push for push in answer["data"] if push["type"] == "resync")
            assert (resync["room"], resync["offset"]) == ("general", 2)
            # The same key still gives the same answer, and what is said anew comes behind.
        again = Guest(server.url)
        assert guest.say("general", "one") == [1]
        assert again.say("general", "four") == [3]
        assert again.texts("general") == ["one", "two", "four"]


@in_a_loop(60)
async def test_instances_that_run_on_redis_have_their_clients_load_what_was_restored(
    tmp_path: Path, redis: RedisServer
) -> None:
    copy = tmp_path / "copy.gz"
    with run_server(tmp_path / "a", SECRET=SECRET, REDIS_URL=redis.url) as server:
        guest = Guest(server.url)
        guest.say("general", "one", "two")
        admin("backup", str(copy), REDIS_URL=redis.url)
        guest.say("general", "three")
        async with Client(server.url) as client:
            socket = await client.websocket()
            said = admin("restore", "--overwrite", str(copy), REDIS_URL=redis.url)
            assert "find out within seconds" in said
            kept = Path(said.partition("is kept in ")[2].partition(". ")[0])
            kept_texts = [line["body"]["text"] for line in messages(records(kept))]
            assert sorted(kept_texts) == ["one", "three", "two"]
            while (push := await socket.read()) is not None and push["type"] != "resync":
                pass
            assert push is not None and (push["room"], push["offset"]) == ("general", 2)
        assert guest.texts("general") == ["one", "two"]
        assert guest.say("general", "two") == [2]
        assert guest.say("general", "four") == [3]
        # Its key came before, with what is lost: at 3, where there is something else now.
        assert guest.say("general", "three") == [4]
        assert guest.texts("general") == ["one", "two", "four", "three"]


def test_who_has_joined_and_read_since_a_backup_is_still_there_and_has_not_read_what_is_to_come(
    tmp_path: Path, redis: RedisServer
) -> None:
    copy = tmp_path / "copy.gz"
    with run_server(tmp_path / "a", SECRET=SECRET, REDIS_URL=redis.url) as server:
        old, new = Guest(server.url), Guest(server.url)
        old.do({"type": "join", "room": "dev"})
        old.say("dev", "one", "two")
        admin("backup", str(copy), REDIS_URL=redis.url)
        new.do({"type": "join", "room": "dev"})
        new.say("dev", "three", "four")
        old.do({"type": "read", "room": "dev", "offset": 6}, {"type": "leave", "room": "dev"})
        admin("restore", "--overwrite", str(copy), REDIS_URL=redis.url)
        assert new.say("dev", "five") == [4]
        assert [standing(guest, "dev") for guest in (old, new)] == [(True, 1), (True, 0)]
        assert old.say("dev", "six") == [5]
        assert [standing(guest, "dev") for guest in (old, new)] == [(True, 0), (True, 1)]


def standing(guest: Guest, room: str) -> tuple[bool, int]:
    """Return whether ``guest`` is in ``room``, and how much is unread there."""
    (found,) = [there for there in guest.rooms() if there["room"] == room]
    return found["is_member"], found["unread"]


@in_a_loop(30)
async def test_nobody_is_refused_in_a_room_while_the_rest_is_still_being_restored(
    tmp_path: Path, redis: RedisServer
) -> None:
    copy, data_dir = tmp_path / "copy.gz", tmp_path / "data"
    with run_server(data_dir, SECRET=SECRET) as server:
        guest = Guest(server.url)
        guest.do({"type": "join", "room": "dev"}, {"type": "join", "room": "ops"})
    admin("backup", str(copy), DATA_DIR=str(data_dir))
    seen: list[bool] = []

    def watched() -> Iterator[backup.Record]:
        with redis.client() as store:
            for record in backup.read(copy):
                if store.exists("parley:{dev}:head"):
                    seen.append(store.scard("parley:{dev}:members") == 1)
                yield record

    client = await connect_when_ready(RedisOptions(url=RedisUrl.parse(redis.url)))
    await restoring.load(client, Keys(), watched(), SystemClock())
    await client.aclose()
    assert seen and all(seen)


@pytest.mark.parametrize("kind", ["one", "cluster"])
def test_a_store_moves_from_one_process_to_redis_and_back_and_is_the_same(
    tmp_path: Path, kind: str
) -> None:
    data_dir = tmp_path / "data"
    with run_server(data_dir, SECRET=SECRET, HISTORY_LIMIT="100") as server:
        guest = Guest(server.url)
        guest.do({"type": "join", "room": "dev"}, {"type": "join", "room": "ops"})
        guest.say("dev", *(f"text {number}" for number in range(130)))  # the oldest are trimmed
        guest.do(
            {"type": "edit", "room": "dev", "offset": 131, "text": "once"},
            {"type": "react", "room": "dev", "offset": 131, "emoji": "👍", "on": True},
            {"type": "edit", "room": "dev", "offset": 131, "text": "edited"},
            {"type": "edit", "room": "dev", "offset": 130, "text": "changed"},
            {"type": "react", "room": "dev", "offset": 130, "emoji": "👍", "on": True},
            {"type": "delete", "room": "dev", "offset": 130},
            {"type": "react", "room": "dev", "offset": 129, "emoji": "👍", "on": True},
            {"type": "leave", "room": "ops"},
            {"type": "read", "room": "dev", "offset": 100},
            {"type": "create", "title": "Behind the door", "access": "private"},
        )
        user = guest.do({"type": "send", "room": "general", "text": "hi", "key": "a:b c"})
        assert user[0]["type"] == "ok"
        guest.put("/api/rooms/dev/notifications", level="all")
        guest.put("/api/me/push", **SUBSCRIPTION)
    admin("ban", "guest-0123456789abcdef", "--reason", "rude", DATA_DIR=str(data_dir))
    first, second, third = (tmp_path / f"{number}.gz" for number in range(3))
    admin("backup", str(first), DATA_DIR=str(data_dir))
    with run_redis() if kind == "one" else run_redis_cluster() as store:
        admin("restore", str(first), REDIS_URL=store.url)
        admin("backup", str(second), REDIS_URL=store.url)
        with run_server(tmp_path / "other", SECRET=SECRET, REDIS_URL=store.url) as server:
            texts = Guest(server.url).texts("dev", 20)
            assert texts[-2:] == ["", "edited"]
    admin("restore", str(second), DATA_DIR=str(tmp_path / "back"))
    admin("backup", str(third), DATA_DIR=str(tmp_path / "back"))
    held = records(first)
    assert records(second) == held
    assert records(third) == held
    assert {"settings"} <= {record["key"] for record in of_type("record", held)}
    assert contents(tmp_path / "back") == contents(data_dir)


def contents(data_dir: Path) -> dict[str, list[Any]]:
    """Return the rows of each table of a store that backups are to have; none may be empty."""
    with closing(sqlite3.connect(data_dir / "parley.sqlite3")) as store:
        tables = store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        rows = {
            table: sorted(store.execute(SELECTS.get(table, f"SELECT * FROM {table}")).fetchall())
            for (table,) in tables
            if table not in NO_DATA
        }
    assert all(rows.values()), rows
    return rows


def test_a_backup_of_the_version_before_is_the_same_in_either_store_and_without_what_was_deleted(
    tmp_path: Path, redis: RedisServer
) -> None:
    def entry(offset: int, kind: str, messages: int, **fields: Any) -> dict[str, Any]:
        body = {"user": "u", "name": "U", "time": f"t{offset}", **fields}
        target = {"target": fields["target"]} if "target" in fields else {}
        place = {"type": "entry", "offset": offset, "kind": kind, "messages": messages}
        return {**place, **target, "body": body}

    def said(offset: int, messages: int, text: str) -> dict[str, Any]:
        return entry(offset, "message", messages, key=f"k{offset}", text=text, html=text)

    header, *rest = (
        {"type": "parley", "format": 1, "made": ""},
        {"type": "room", "room": "dev", "top": 9, "messages": 3},
        said(1, 1, "kept"),
        said(2, 2, "gone 1"),
        said(3, 3, "gone 2"),
        entry(4, "edited", 3, target=2, text="gone 3", html="gone 3"),
        entry(5, "edited", 3, target=2, text="new", html="new"),
        entry(6, "reaction", 3, target=2, emoji="👍", on=True),
        entry(7, "reaction", 3, target=3, emoji="👍", on=True),
        entry(8, "deleted", 3, target=3),
        entry(9, "edited", 3, target=3, text="gone 4", html="gone 4"),
        {"type": "end", "counts": {"room": 1, "entry": 9}},
    )
    older = tmp_path / "older.gz"
    with gzip.open(older, "wt") as file:
        file.writelines(json.dumps(record) + "\n" for record in (header, *rest))
    found = []
    for name, env in (("a", {"DATA_DIR": str(tmp_path / "data")}), ("b", {"REDIS_URL": redis.url})):
        admin("restore", str(older), **env)
        admin("backup", str(tmp_path / name), **env)
        found.append(of_type("entry", records(tmp_path / name)))
    assert found[0] == found[1]
    assert "gone" not in json.dumps(found)
    edited = next(line for line in found[0] if line["offset"] == 2)
    assert (edited["body"]["text"], edited["edit"]) == ("new", 5)
    assert edited["reactions"] == [["👍", ["u"]]]


def test_a_backup_is_not_written_over_nor_is_a_broken_one_restored(tmp_path: Path) -> None:
    data_dir, copy = tmp_path / "data", tmp_path / "copy.gz"
    admin("migrate", DATA_DIR=str(data_dir))
    admin("backup", str(copy), DATA_DIR=str(data_dir))
    assert "--overwrite" in admin("backup", str(copy), code=1, DATA_DIR=str(data_dir))
    admin("backup", str(copy), "--overwrite", DATA_DIR=str(data_dir))
    whole = copy.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    for broken in (whole[:-10], gzip.compress(b"".join(lines[:-1])), b"", b"no backup at all",
                   gzip.compress(b'{"type":"parley","format":2,"made":""}\n')):  # fmt: skip
        copy.write_bytes(broken)
        admin("restore", "--overwrite", str(copy), code=1, DATA_DIR=str(data_dir))
    assert "can't be read" in admin("restore", "nowhere", code=1, DATA_DIR=str(data_dir))


@pytest.mark.parametrize("store", ["embedded", "redis"])
def test_what_is_stored_is_replaced_only_when_told_so_and_is_kept(
    tmp_path: Path, redis: RedisServer, store: str
) -> None:
    folder, copy = tmp_path / "data", tmp_path / "copy.gz"
    env = {"DATA_DIR": str(folder)} | ({"REDIS_URL": redis.url} if store == "redis" else {})
    with run_server(folder, SECRET=SECRET, **env) as server:
        guest = Guest(server.url)
        guest.say("general", "old")
        admin("backup", str(copy), **env)
        guest.say("general", "new")
        server.stop()
    said = admin("restore", str(copy), code=1, **env)
    # The third says that the code of the first owner's link was made.
    assert "holds 3 entries" in said and "--overwrite" in said
    told = json.loads(admin("restore", "--overwrite", "--json", str(copy), **env))
    assert told["entries"] == 2
    kept = Path(told["kept"])
    if store == "redis":
        held = messages(records(kept))
    else:
        put_back = tmp_path / "back"
        put_back.mkdir(mode=0o700)
        kept.rename(put_back / "parley.sqlite3")
        admin("backup", str(tmp_path / "kept.gz"), DATA_DIR=str(put_back))
        held = messages(records(tmp_path / "kept.gz"))
    assert sorted(entry["body"]["text"] for entry in held) == ["new", "old"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for somebody else")
def test_what_root_makes_in_a_server_s_folder_belongs_to_the_folder_s_owner(
    tmp_path: Path,
) -> None:
    folder, copy, owner = tmp_path / "data", tmp_path / "copy.gz", 12_345
    admin("migrate", DATA_DIR=str(tmp_path / "other"))
    admin("backup", str(copy), DATA_DIR=str(tmp_path / "other"))
    folder.mkdir(mode=0o700)
    os.chown(folder, owner, owner)
    admin("restore", str(copy), DATA_DIR=str(folder))
    admin("backup", str(tmp_path / "again.gz"), DATA_DIR=str(folder))
    admin("ban", "guest-0123456789abcdef", DATA_DIR=str(folder))
    found = {path.name: path.stat().st_uid for path in folder.iterdir()}
    assert {"parley.sqlite3", "lock", "last_backup"} <= set(found)
    assert set(found.values()) == {owner}, found


def test_a_backup_goes_to_standard_output_too(tmp_path: Path) -> None:
    with run_server(tmp_path / "data", SECRET=SECRET) as server:
        Guest(server.url).say("general", "hello")
        server.stop()
    ended = run("admin", "backup", "-", env={"DATA_DIR": str(tmp_path / "data")})
    assert ended.code == 0, ended.err
    (tmp_path / "copy.gz").write_bytes(ended.out)
    assert "The backup holds 2 rooms, 2 entries" in ended.err  # the site's log is one, too
    (entry,) = messages(records(tmp_path / "copy.gz"))
    assert entry["body"]["text"] == "hello"
    assert not (ROOT / "-").exists()


def test_what_can_not_be_read_or_written_is_told_in_one_line(tmp_path: Path) -> None:
    data_dir, damaged = str(tmp_path / "data"), tmp_path / "damaged"
    admin("migrate", DATA_DIR=data_dir)
    for nowhere in ("/proc/copy.gz", "/dev/full/copy.gz", str(tmp_path / "missing" / "copy.gz")):
        said = admin("backup", nowhere, code=1, DATA_DIR=data_dir)
        assert said.startswith("Nothing was done. ") and said.count("\n") == 1
    with run_server(tmp_path / "data", SECRET=SECRET, RATE_LIMITS="off") as server:
        Guest(server.url).say("general", *(f"{n} {'x' * 500}" for n in range(100)))
        server.stop()
    whole = (tmp_path / "data" / "parley.sqlite3").read_bytes()
    damaged.mkdir(mode=0o700)
    copy = tmp_path / "copy.gz"
    for spoilt in (b"no database at all" * 500, whole[:4096] + b"\xff" * (len(whole) - 4096)):
        (damaged / "parley.sqlite3").write_bytes(spoilt)
        for words in (["backup", str(copy)], ["bans"], ["ban", "guest-0123456789abcdef"]):
            said = admin(*words, code=1, DATA_DIR=str(damaged))
            assert said.startswith("Nothing was done. ") and said.count("\n") == 1
        server = ServerProcess(damaged, {"SECRET": SECRET})
        server.launch()
        assert server.exit_code() == 2
        assert "Traceback" not in "".join(server.log)
        assert "Parley can't start. DATA_DIR: " in server.log[-1]
    assert not copy.exists()


def test_programs_have_what_was_done_as_json(tmp_path: Path) -> None:
    env = {"DATA_DIR": str(tmp_path / "data")}
    assert json.loads(admin("migrate", "--json", **env))["before"] == 0
    assert json.loads(admin("bans", "--json", **env)) == {"bans": []}
    who = "guest-0123456789abcdef"
    banned = json.loads(admin("ban", who, "--reason", "spam", "--json", **env))
    assert (banned["who"], banned["reason"]) == (who, "spam")
    assert json.loads(admin("bans", "--json", **env)) == {"bans": [banned]}
    assert json.loads(admin("unban", who, "--json", **env)) == {"unbanned": [who]}
    assert "is not banned" in admin("unban", who, "--json", code=1, **env)
    assert json.loads(admin("token", "Weather", "--json", **env))["name"] == "Weather"


def test_a_large_store_takes_little_memory(tmp_path: Path, redis: RedisServer) -> None:
    header, *rest = (
        {"type": "parley", "format": 1, "made": ""},
        {"type": "room", "room": "dev", "top": MANY, "messages": MANY},
        *(
            {"type": "entry", "offset": n, "kind": "message", "messages": n,
             "body": {"user": "u", "name": "u", "time": "t", "key": f"k{n}", "text": "x" * 500,
                      "html": "x" * 500}}
            for n in range(1, MANY + 1)
        ),
        {"type": "end", "counts": {"room": 1, "entry": MANY}},
    )  # fmt: skip
    large, copy = tmp_path / "large.gz", tmp_path / "copy.gz"
    with gzip.open(large, "wt", compresslevel=1) as file:
        for record in (header, *rest):
            file.write(json.dumps(record) + "\n")
    script = (
        "import resource, sys; from chat.admin.main import main; import os\n"
        "code = main(sys.argv[1:], os.environ)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )

    def peak_kib(*words: str, **env: str) -> int:
        ended = subprocess.run(
            [sys.executable, "-c", script, *words],
            cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return int(ended.stderr.split()[-1])

    for env in ({"DATA_DIR": str(tmp_path / "data")}, {"REDIS_URL": redis.url}):
        least = peak_kib("migrate", **env)
        assert peak_kib("restore", str(large), **env) < least + MAX_GROWTH_KIB
        assert peak_kib("backup", "--overwrite", str(copy), **env) < least + MAX_GROWTH_KIB
        assert sum(record["type"] == "entry" for record in in_order(copy)) == MANY


def free_pages(store: Path) -> int:
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


def test_the_space_of_what_was_removed_is_given_back(tmp_path: Path, redis: RedisServer) -> None:
    data_dir = tmp_path / "data"
    with run_server(data_dir, SECRET=SECRET, HISTORY_LIMIT="100", RATE_LIMITS="off") as server:
        guest = Guest(server.url)
        for first in range(0, 500, 100):
            guest.say("general", *(f"{first + n} {'x' * 3000}" for n in range(100)))
        assert "another Parley is using" in admin("compact", code=1, DATA_DIR=str(data_dir))
    store = data_dir / "parley.sqlite3"
    assert free_pages(store) > 0
    said = json.loads(admin("compact", "--json", DATA_DIR=str(data_dir)))
    assert free_pages(store) == 0
    assert said["bytes_after"] == store.stat().st_size < said["bytes_before"]
    assert "rewrites" in admin("compact", REDIS_URL=redis.url)


def test_who_starts_first_marks_redis_and_an_older_program_is_told_of_a_newer_one(
    tmp_path: Path, redis: RedisServer
) -> None:
    assert "was empty" in admin("migrate", REDIS_URL=redis.url)
    assert "nothing to do" in admin("migrate", REDIS_URL=redis.url)
    client = redis.client()
    client.hset("parley:schema", mapping={"version": 9, "oldest": 9})
    server = ServerProcess(tmp_path, {"REDIS_URL": redis.url})
    server.launch()
    assert server.exit_code() == 2
    assert "newer version of Parley" in "".join(server.log)
    client.hset("parley:schema", mapping={"version": 9, "oldest": 1})
    with run_server(tmp_path, REDIS_URL=redis.url) as server:
        Guest(server.url).say("general", "all is well")
    client.close()
