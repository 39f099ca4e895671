"""The first owner, invitations, roles, forgotten passwords, leaving; on both backplanes."""

import asyncio
import json
from collections.abc import Iterator, Sequence

import pytest

from tests.support.members import PASSWORD, SETUP_CODE, Member, code_in, new_name, run_deployment
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


@pytest.fixture(scope="module")
def owner_cookie(urls: Urls) -> str:
    async def set_up() -> str:
        async with Member(urls[0]) as owner, Member(urls[1]) as late:
            page = await owner.get(f"/setup?code={SETUP_CODE}", {"Accept": "text/html"})
            assert page.code == 200
            await owner.become_owner()
            answer = await late.form("/setup", code=SETUP_CODE, name="Late", password=PASSWORD)
            assert answer.code == 403
            assert owner.cookie is not None
            return owner.cookie

    return asyncio.run(set_up())


@pytest.fixture
def owner(urls: Urls, owner_cookie: str) -> Member:
    owner = Member(urls[0])
    owner.cookie = owner_cookie
    return owner


async def test_an_invitation_is_used_as_often_as_it_says(urls: Urls, owner: Member) -> None:
    link = await owner.must("POST", "/api/invites", uses=2)
    code = code_in(link["url"])
    guests = [Member(urls[number % 2]) for number in range(6)]
    answers = await asyncio.gather(
        *(
            guest.ask_json("POST", "/api/signup", name=new_name(), password=PASSWORD, invite=code)
            for guest in guests
        )
    )
    assert sorted(status for status, _ in answers) == [201, 201, 403, 403, 403, 403]
    page = await guests[0].get(f"/invite?code={code}", {"Accept": "text/html"})
    assert page.code == 403


async def test_an_invitation_can_be_ended(urls: Urls, owner: Member) -> None:
    before = {i["id"] for i in (await owner.must("GET", "/api/invites"))["invites"]}
    code = code_in((await owner.must("POST", "/api/invites"))["url"])
    (new,) = {i["id"] for i in (await owner.must("GET", "/api/invites"))["invites"]} - before
    async with Member(urls[1]) as guest:
        page = await guest.get(f"/invite?code={code}", {"Accept": "text/html"})
        assert page.code == 200
        await owner.must("DELETE", f"/api/invites/{new}")
        fields = {"name": new_name(), "password": PASSWORD, "invite": code}
        assert await guest.code_of("POST", "/api/signup", **fields) == "forbidden"
    assert await owner.code_of("DELETE", f"/api/invites/{new}") == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/invites", {}),
        ("GET", "/api/invites", {}),
        ("PATCH", "/api/site", {"name": "Mine"}),
        ("POST", "/api/people/{user}/role", {"role": "owner"}),
        ("POST", "/api/people/{user}/reset", {}),
        ("POST", "/api/people/{user}/disable", {}),
        ("DELETE", "/api/people/{user}", {}),
        ("GET", "/api/people/{user}/export", {}),
    ],
)
async def test_only_owners_do_what_owners_do(
    urls: Urls, owner: Member, method: str, path: str, body: dict[str, str]
) -> None:
    async with Member(urls[1]) as member, Member(urls[1]) as guest:
        await member.sign_up()
        await guest.must("GET", "/api/me")
        for client in (member, guest):
            found = await client.code_of(method, path.format(user=member.user), **body)
            assert found == "forbidden"


async def test_owners_read_who_did_what_to_whom(urls: Urls, owner: Member) -> None:
    async with Member(urls[0]) as author, Member(urls[1]) as reader:
        for member in (author, reader):
            await member.sign_up()
        room = new_name().lower().replace(" ", "-")
        for member in (author, reader):
            await member.must("POST", "/send", type="join", room=room)
        message = {"type": "send", "room": room, "text": "a word", "key": "k"}
        (said,) = (await author.must("POST", "/send", **message))["replies"]
        report = {"type": "report", "room": room, "offset": said["offset"], "reason": "rude"}
        await reader.must("POST", "/send", **report)
        newest, before = (await owner.must("GET", "/api/audit?limit=2"))["entries"]
        about = {"action": "report", "whom": author.user, "room": room, "reason": "rude"}
        assert about.items() <= newest.items()
        assert (newest["user"], newest["message"]) == (reader.user, said["offset"])
        page = await owner.must("GET", f"/api/audit?before={newest['offset']}&limit=1")
        assert page == {"entries": [before], "more": True}
        assert await reader.code_of("GET", "/api/audit") == "forbidden"


async def test_there_is_always_an_owner_also_if_two_demote_each_other(
    urls: Urls, owner: Member
) -> None:
    me = await owner.must("GET", "/api/me")
    path = "/api/people/{}/role"
    assert await owner.code_of("POST", path.format(me["user"]), role="member") == "forbidden"
    assert await owner.code_of("DELETE", "/api/me", password=PASSWORD) == "forbidden"
    async with Member(urls[1]) as other:
        await other.sign_up()
        for _ in range(5):
            await owner.must("POST", path.format(other.user), role="owner")
            both = await asyncio.gather(
                owner.ask_json("POST", path.format(other.user), role="member"),
                other.ask_json("POST", path.format(me["user"]), role="member"),
            )
            assert sorted(status for status, _ in both) == [200, 403]
            roles = [(await each.must("GET", "/api/me"))["role"] for each in (owner, other)]
            async with asyncio.timeout(WAIT_S):
                while sorted(roles) != ["member", "owner"]:
                    await asyncio.sleep(0.1)
                    roles = [(await e.must("GET", "/api/me"))["role"] for e in (owner, other)]
            if roles[0] == "member":
                await other.must("POST", path.format(me["user"]), role="owner")
                await owner.must("POST", path.format(other.user), role="member")


async def test_a_forgotten_password_is_set_by_a_link_once(urls: Urls, owner: Member) -> None:
    async with Member(urls[1]) as member, Member(urls[0]) as again:
        name = await member.sign_up()
        path = f"/api/people/{member.user}/reset"
        first = code_in((await owner.must("POST", path))["url"])
        code = code_in((await owner.must("POST", path))["url"])
        assert (await again.get(f"/reset?code={first}")).code == 403  # replaced
        page = await again.get(f"/reset?code={code}", {"Accept": "text/html"})
        assert page.code == 200 and name in page.body.decode()
        short = await again.form("/reset", code=code, password="short")
        assert short.code == 400
        posted = await again.form("/reset", code=code, password="a new password")
        assert posted.code == 303
        assert (await again.must("GET", "/api/me"))["user"] == member.user
        assert (await again.form("/reset", code=code, password="a third one")).code == 403
        await asyncio.sleep(1)
        assert (await member.ask_json("GET", "/api/me"))[0] == 401
        await member.log_in(name, "a new password")


async def test_who_is_disabled_is_out_until_let_in_again(urls: Urls, owner: Member) -> None:
    async with Member(urls[1]) as member:
        name = await member.sign_up()
        async with member.reading("websocket"):
            path = f"/api/people/{member.user}/disable"
            await owner.must("POST", path, reason="spam")
            async with asyncio.timeout(1):
                await member.until_type("goodbye")
        status, answer = await member.ask_json("POST", "/api/login", name=name, password=PASSWORD)
        assert (status, answer["code"]) == (403, "banned") and "spam" in answer["message"]
        assert await member.code_of("POST", "/api/login", name=name, password="wrong one")
        await owner.must("POST", path, disabled=False)
        await member.log_in(name)
    me = await owner.must("GET", "/api/me")
    assert await owner.code_of("POST", f"/api/people/{me['user']}/disable") == "forbidden"


async def test_members_are_listed_page_by_page(urls: Urls, owner: Member) -> None:
    members = [Member(urls[0]) for _ in range(3)]
    for member in members:
        await member.sign_up()
    found, after = [], ""
    while after is not None:
        page = await owner.must("GET", f"/api/people?limit=2&after={after}")
        found += page["people"]
        after = page["after"]
    assert {member.user for member in members} <= {person["user"] for person in found}
    assert len({person["user"] for person in found}) == len(found)
    async with Member(urls[1]) as guest:
        assert await guest.code_of("GET", "/api/people") == "forbidden"


async def test_who_leaves_takes_the_messages_along_or_leaves_them(
    urls: Urls, owner: Member
) -> None:
    for is_with in (True, False):
        async with Member(urls[0]) as member, Member(urls[1]) as reader:
            name = await member.sign_up()
            await member.command(type="join", room="leavers")
            for key in ("a", "b"):
                text = f"{name} says {key}"
                reply = await member.command(type="send", room="leavers", text=text, key=key)
                assert reply["type"] == "ok"
            exported = (await member.get("/api/me/export")).body.decode().splitlines()
            assert [json.loads(line)["text"] for line in exported] == [
                f"{name} says a", f"{name} says b",
            ]  # fmt: skip
            await member.command(type="leave", room="leavers")
            wrong = {"password": "wrong one", "messages": is_with}
            assert await member.code_of("DELETE", "/api/me", **wrong) == "forbidden"
            cookie = member.cookie
            await member.must("DELETE", "/api/me", password=PASSWORD, messages=is_with)
            member.cookie = cookie
            assert (await member.ask_json("GET", "/api/me"))[0] == 401
            history = (await reader.get("/api/rooms/leavers/messages")).body.decode()
            assert (f"{name} says" in history) is not is_with
            await reader.sign_up(name)  # it is free


async def test_an_owner_exports_what_somebody_wrote_where_the_owner_may_read(
    urls: Urls, owner: Member
) -> None:
    async with Member(urls[1]) as member:
        name = await member.sign_up()
        await member.command(type="join", room="writers")
        made = await member.command(type="create", title="Closed", access="private")
        said: dict[str, list[str]] = {"writers": [], made["room"]: []}
        me = await owner.must("GET", "/api/me")

        async def say(room: str, text: str) -> None:
            reply = await member.command(type="send", room=room, text=text, key=f"{name} {text}")
            assert reply["type"] == "ok"
            said[room].append(text)

        async def exported() -> set[tuple[str, str]]:
            answer = await owner.get(f"/api/people/{member.user}/export")
            lines = [json.loads(line) for line in answer.body.decode().splitlines()]
            return {(line["room"], line["text"]) for line in lines}

        await say("writers", "open")
        await say(made["room"], "secret")
        assert await exported() == {("writers", "open")}
        await member.command(type="invite", room=made["room"], user=me["user"])
        await say(made["room"], "for both")
        assert await exported() == {("writers", "open"), (made["room"], "for both")}
        newest = (await owner.must("GET", "/api/audit"))["entries"][0]
        assert (newest["action"], newest["whom"]) == ("export", member.user)
