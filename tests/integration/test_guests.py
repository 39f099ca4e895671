"""What guests may do where owners say so, on open transports too; on both backplanes."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from tests.support.members import PASSWORD, Member, new_name, run_deployment
from tests.support.wire import TRANSPORTS, WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]
REFUSED = (
    "/", "/rooms/general", "/doctor", "/api/rooms", "/api/rooms/general/messages", "/api/me",
    "/api/people", "/api/site", "/chat", "/events", "/poll", "/sockjs/info", "/api/me/devices",
)  # fmt: skip
OPEN = ("/healthz", "/readyz", "/signin", "/openapi.json", "/static/css/base.css")


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield urls


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_guests_are_shown_out_within_a_second_and_members_stay(
    urls: Urls, transport: str
) -> None:
    async with Member(urls[1]) as guest, Member(urls[1]) as member, Member(urls[0]) as owner:
        await make_owner(owner)
        await owner.must("PATCH", "/api/site", guests="on")
        await asyncio.sleep(1)
        await member.sign_up()
        async with guest.reading(transport), member.reading(transport):
            await owner.must("PATCH", "/api/site", guests="off", name="Our place")
            async with asyncio.timeout(1.5):
                assert (await guest.until_type("goodbye"))["code"] == 4501
            await owner.command(type="send", room="general", text="x", key=f"x{transport}")
            await member.until(lambda push: push.get("key") == f"x{transport}")
        for client in (guest, Member(urls[1])):
            for path in REFUSED:
                answer = await client.get(path)
                assert answer.code == 401, path
                assert "parley_identity" not in str(answer.headers.get_list("Set-Cookie")) or (
                    "Max-Age=0" in str(answer.headers.get_list("Set-Cookie"))
                )
            for path in OPEN:
                assert (await client.get(path)).code == 200, path
        page = await Member(urls[1]).get("/", {"Accept": "text/html"})
        assert page.code == 401 and "Our place" in page.body.decode()
        assert 'name="password"' in page.body.decode()
        async with Member(urls[1]) as other:
            name = await other.sign_up()
            assert (await other.get("/")).code == 200
            cookie = other.cookie
            await other.must("POST", "/logout")
            other.cookie = cookie
            await other.log_in(name)
        await owner.must("PATCH", "/api/site", sign_up="invite")
        await asyncio.sleep(1)
        async with Member(urls[1]) as other:
            fields = {"name": new_name(), "password": PASSWORD}
            assert await other.code_of("POST", "/api/signup", **fields) == "forbidden"
        await owner.must("PATCH", "/api/site", sign_up="open")


async def test_guests_who_may_only_read_read_and_members_write(urls: Urls) -> None:
    async with Member(urls[1]) as guest, Member(urls[1]) as member, Member(urls[0]) as owner:
        await make_owner(owner)
        await owner.must("PATCH", "/api/site", guests="read")
        await asyncio.sleep(1)
        await member.sign_up()
        async with guest.reading("websocket"):
            reply = await guest.ask(type="send", room="general", text="x", key="g")
            assert (reply["type"], reply["code"]) == ("error", "forbidden")
            for type_, room in (("join", "nowhere"), ("create", "new")):
                reply = await guest.ask(type=type_, room=room, title="New", access="public")
                assert (reply["type"], reply["code"]) == ("error", "forbidden"), type_
            reply = await member.command(type="send", room="general", text="x", key="m")
            assert reply["type"] == "ok"
            await guest.until(lambda push: push.get("key") == "m")
        assert (await guest.get("/")).code == 200
        await owner.must("PATCH", "/api/site", guests="on")


_owner_of: dict[str, str] = {}


async def make_owner(client: Member) -> None:
    """Sign ``client`` in as the owner, who is made once."""
    key = client.url
    if key in _owner_of:
        client.cookie = _owner_of[key]
        return
    await client.become_owner()
    assert client.cookie is not None
    _owner_of[key] = client.cookie
