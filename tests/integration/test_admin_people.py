"""On the command line operators make owners and help who has forgotten a password."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.members import PASSWORD, SETUP_CODE, Member, new_name
from tests.support.preloaded import run
from tests.support.server import run_server
from tests.support.site import run_site
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)


class Place(NamedTuple):
    url: str
    env: dict[str, str]


@contextmanager
def running(kind: str, **env: str) -> Iterator[Place]:
    if kind == "redis":
        with run_site(1, OWNER_SETUP_CODE=SETUP_CODE, **env) as site:
            yield Place(site.urls[0], {"REDIS_URL": site.redis.url})
        return
    with tempfile.TemporaryDirectory() as folder:
        with run_server(Path(folder), OWNER_SETUP_CODE=SETUP_CODE, **env) as server:
            yield Place(server.url, {"DATA_DIR": folder})


@pytest.fixture(scope="module", params=["embedded", "redis"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with running(request.param) as place:
        yield place


async def admin(place: Place, *words: str, code: int = 0) -> dict[str, Any]:
    ended = await asyncio.to_thread(run, "admin", *words, "--json", env=place.env)
    assert ended.code == code, ended.err
    if code:
        assert ended.out == b""
        return dict(json.loads(ended.err))
    return dict(json.loads(ended.out))


async def test_owner_prints_a_link_by_which_somebody_becomes_one(place: Place) -> None:
    async with Member(place.url) as first, Member(place.url) as member, Member(place.url) as late:
        await first.become_owner((await admin(place, "owner"))["code"])
        assert (await late.get(f"/setup?code={SETUP_CODE}")).code == 403  # all are used up
        await member.sign_up()
        code = (await admin(place, "owner"))["code"]
        assert (await member.form("/setup", code=code)).code == 200
        assert (await member.must("GET", "/api/me"))["role"] == "owner"
        found = await admin(place, "role", member.name, "member")
        assert found["user"] == member.user
        refused = await admin(place, "role", first.name, "member", code=1)
        assert "only owner" in refused["error"]
        await asyncio.sleep(0.6)
        assert (await member.must("GET", "/api/me"))["role"] == "member"


async def test_reset_prints_a_link_for_another_password(place: Place) -> None:
    async with Member(place.url) as member, Member(place.url) as again:
        name = await member.sign_up()
        path = (await admin(place, "reset", name))["path"]
        assert (await again.get(path)).code == 200
        code = path.partition("?code=")[2]
        assert (await again.form("/reset", code=code, password="another one")).code == 303
        assert await again.code_of("POST", "/api/login", name=name, password=PASSWORD)
        await again.log_in(name, "another one")


async def test_a_member_is_signed_out_everywhere_and_can_sign_in_again(place: Place) -> None:
    async with Member(place.url) as member:
        name = await member.sign_up()
        await admin(place, "sign-out", member.user)
        await asyncio.sleep(1)
        cookie = member.cookie
        assert (await member.ask_json("GET", "/api/me"))[0] == 401
        member.cookie = cookie
        await member.log_in(name)
        assert (await member.must("GET", "/api/me"))["name"] == name


async def test_who_is_not_there_is_said(place: Place) -> None:
    for words in (("reset", new_name()), ("role", new_name(), "owner")):
        assert "no member" in (await admin(place, *words, code=1))["error"]


async def test_export_writes_what_somebody_wrote_also_in_private(
    place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "theirs.jsonl"
    async with Member(place.url) as member, Member(place.url) as other:
        name = await member.sign_up()
        made = await member.command(type="create", title="Closed", access="private")
        for key, text in (("a", "kept"), ("b", "taken back")):
            reply = await member.command(type="send", room=made["room"], text=text, key=key)
        await member.command(type="delete", room=made["room"], offset=reply["offset"])
        await other.command(type="send", room="general", text="of another", key="c")
        found = await admin(place, "export", name, str(file))
        assert (found["messages"], found["user"]) == (1, member.user)
        (line,) = file.read_text().splitlines()
        written = json.loads(line)
        assert (written["room"], written["text"]) == (made["room"], "kept")
        assert file.stat().st_mode & 0o777 == 0o600
        refused = await admin(place, "export", name, str(file), code=1)
        assert "is there already" in refused["error"]


async def test_the_people_and_what_is_stored_of_one_are_listed(place: Place) -> None:
    async with Member(place.url) as member:
        name = await member.sign_up()
        made = await member.command(type="create", title="Of mine", access="private")
        (told,) = [
            one for one in (await admin(place, "people", "list"))["people"] if one["name"] == name
        ]
        assert (told["user"], told["role"], told["disabled"]) == (member.user, "member", None)
        owners = (await admin(place, "people", "list", "--role", "owner"))["people"]
        assert name not in [one["name"] for one in owners]
        shown = await admin(place, "people", "show", name)
        assert shown["rooms"] == ["general", made["room"]]
        assert len(shown["devices"]) == 1 and shown["user"] == member.user
        refused = await admin(place, "people", "show", "guest-0123456789abcdef", code=1)
        assert "Nothing is stored" in refused["error"]


async def of_operator(place: Place) -> list[dict[str, Any]]:
    invites = (await admin(place, "invites", "list"))["invites"]
    return [one for one in invites if one["by"] == "operator"]


async def test_an_invitation_is_made_listed_and_ended(place: Place) -> None:
    made = await admin(place, "invites", "make", "--uses", "2", "--days", "3")
    async with Member(place.url) as guest:
        assert (await guest.get(made["path"])).code == 200
        (listed,) = await of_operator(place)
        assert listed["uses"] == 2
        await admin(place, "invites", "revoke", listed["id"])
        assert (await guest.get(made["path"])).code == 403
    assert await of_operator(place) == []
    assert "error" in await admin(place, "invites", "revoke", listed["id"], code=1)
    assert "1<=x" in (await admin(place, "invites", "make", "--uses", "0", code=2))["error"]


async def test_a_bot_is_made_listed_and_signed_out(place: Place) -> None:
    words = ("Weather", "--scope", "read", "--room", "general", "--room", "dev")
    made = await admin(place, "bots", "make", *words)
    assert (made["scopes"], made["rooms"]) == (["read"], ["dev", "general"])
    (listed,) = (await admin(place, "bots", "list"))["bots"]
    assert (listed["user"], listed["name"]) == (made["user"], "Weather")
    bearer = {"Authorization": f"Bearer {made['token']}", "Accept": "application/json"}
    async with Member(place.url) as bot:
        while (answer := await bot.get("/api/me", bearer)).code == 401:
            pass  # the server knows of it within a second
        assert json.loads(answer.body)["user"] == made["user"]
        await admin(place, "people", "sign-out", made["user"])
        while (await bot.get("/api/me", bearer)).code != 401:
            pass
    assert "error" in await admin(place, "bots", "make", "Weather", code=1)
    assert (await admin(place, "token", "Wind"))["scopes"] == ["manage", "read", "send"]
