"""People join a closed room by a link of a member, for as long as that member may invite."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from tests.support.members import PASSWORD, Member, code_in, run_deployment
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


async def private_room(member: Member) -> str:
    reply = await member.command(type="create", title="Our plans", access="private")
    assert reply["type"] == "ok", reply
    return str(reply["room"])


async def link_to(member: Member, room: str, **fields: int) -> str:
    return code_in((await member.must("POST", f"/api/rooms/{room}/invites", **fields))["url"])


async def test_as_many_join_as_the_link_says(urls: Urls) -> None:
    async with Member(urls[0]) as owner:
        await owner.sign_up()
        room = await private_room(owner)
        code = await link_to(owner, room, uses=2)
        guests = [Member(urls[number % 2]) for number in range(4)]
        for guest in guests:
            assert (await guest.get(f"/api/rooms/{room}")).code == 404
            page = await guest.get(f"/join?code={code}", {"Accept": "text/html"})
            assert page.code == 200 and "Our plans" in page.body.decode()
        answers = await asyncio.gather(*(guest.form("/join", code=code) for guest in guests))
        assert sorted(answer.code for answer in answers) == [303, 303, 403, 403]
        for guest, answer in zip(guests, answers, strict=True):
            is_in = answer.code == 303
            assert (await guest.get(f"/api/rooms/{room}")).code == (200 if is_in else 404)
            if is_in:
                assert answer.headers["Location"] == f"/rooms/{room}"
        assert (await guests[0].get(f"/join?code={code}")).code == 403


async def test_a_link_ends_with_its_maker_s_right_and_when_another_is_made(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as guest, Member(urls[1]) as other:
        await owner.sign_up()
        room = await private_room(owner)
        first = await link_to(owner, room, uses=5)
        code = await link_to(owner, room, uses=5)
        assert (await guest.form("/join", code=first)).code == 403
        assert (await guest.form("/join", code=code)).code == 303
        theirs = await link_to(guest, room)
        me = await guest.must("GET", "/api/me")
        assert (await owner.command(type="kick", room=room, user=me["user"]))["type"] == "ok"
        await asyncio.sleep(0.6)
        assert (await other.form("/join", code=theirs)).code == 403
        assert (await other.get(f"/api/rooms/{room}")).code == 404


async def test_who_is_not_in_the_room_makes_no_link(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[0]) as guest:
        await owner.sign_up()
        room = await private_room(owner)
        codes = [
            await guest.code_of("POST", f"/api/rooms/{name}/invites", uses=1)
            for name in (room, "p-abcdefghjkmnpqrs")
        ]
        assert codes == ["no_such_room"] * 2


async def test_an_only_owner_who_deletes_the_account_hands_the_room_on(urls: Urls) -> None:
    async with Member(urls[0]) as owner, Member(urls[1]) as heir:
        await owner.sign_up()
        room = await private_room(owner)
        assert (await heir.form("/join", code=await link_to(owner, room))).code == 303
        await owner.must("DELETE", "/api/me", password=PASSWORD)
        await asyncio.sleep(0.6)
        reply = await heir.command(type="set", room=room, title="Ours now")
        assert reply["type"] == "ok", reply
        members = (await heir.must("GET", f"/api/rooms/{room}/members"))["members"]
        assert [(member["user"], member["role"]) for member in members] == [
            ((await heir.must("GET", "/api/me"))["user"], "owner")
        ]
