"""Members sign in with passkeys; nobody else does, and none of another site."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.authenticator import Authenticator
from tests.support.members import PASSWORD, Member, run_deployment
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)

Urls = Sequence[str]


@pytest.fixture(scope="module", params=["embedded", "redis"])
def urls(request: pytest.FixtureRequest) -> Iterator[Urls]:
    with run_deployment(request.param) as urls:
        yield [url.replace("127.0.0.1", "localhost") for url in urls]


class Browser(Member):
    """A member's browser, which keeps the challenge that it was given."""

    challenge = ""

    @property
    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(filter(None, (super()._headers.get("Cookie"), self.challenge)))
        return {"Cookie": cookies} if cookies else {}

    def _take_cookies(self, headers: Any) -> None:
        given = headers.get_list("Set-Cookie")
        for each in given:
            if each.startswith("parley_challenge_"):
                self.challenge = each.partition(";")[0]
        if given and not given[0].startswith("parley_challenge_"):
            super()._take_cookies(headers)

    async def options(self, purpose: str) -> dict[str, Any]:
        return await self.must("POST", "/api/passkeys/options", purpose=purpose)

    async def register(self, passkey: Authenticator, name: str = "") -> dict[str, Any]:
        credential = passkey.create(await self.options("register"))
        return await self.must("POST", "/api/passkeys", credential=credential, name=name)

    async def try_to_sign_in(self, passkey: Authenticator) -> tuple[int, dict[str, Any]]:
        credential = passkey.get(await self.options("sign_in"))
        return await self.ask_json("POST", "/api/passkeys/signin", credential=credential)


async def test_a_passkey_signs_in_its_member_on_any_instance(urls: Urls) -> None:
    passkey = Authenticator(urls[0])
    async with Browser(urls[0]) as member, Browser(urls[1]) as other:
        name = await member.sign_up()
        made = await member.register(passkey, "My phone")
        listed = (await member.must("GET", "/api/passkeys"))["passkeys"]
        assert listed == [made] and made["name"] == "My phone"
        passkey.origin = urls[1]
        status, answer = await other.try_to_sign_in(passkey)
        assert (status, answer["user"], answer["name"]) == (200, member.user, name)
        assert (await other.must("GET", "/api/me"))["role"] == "member"
        await member.must("DELETE", f"/api/passkeys/{made['id']}")
        status, answer = await other.try_to_sign_in(passkey)
        assert (status, answer["code"]) == (401, "unauthorized")


async def test_only_members_register_one_and_once(urls: Urls) -> None:
    passkey = Authenticator(urls[0])
    async with Browser(urls[0]) as guest, Browser(urls[0]) as member, Browser(urls[0]) as other:
        fields = {"purpose": "register"}
        assert await guest.code_of("POST", "/api/passkeys/options", **fields) == "forbidden"
        await member.sign_up()
        await member.register(passkey)
        await other.sign_up()
        credential = passkey.create(await other.options("register"))
        fields = {"credential": credential}
        assert await other.code_of("POST", "/api/passkeys", **fields) == "forbidden"
        (made,) = (await member.must("GET", "/api/passkeys"))["passkeys"]
        path = f"/api/passkeys/{made['id']}"
        assert await other.code_of("DELETE", path) == "forbidden"


async def test_what_was_made_for_another_site_or_challenge_is_refused(urls: Urls) -> None:
    passkey, elsewhere = Authenticator(urls[0]), Authenticator("https://evil.example")
    async with Browser(urls[0]) as member, Browser(urls[0]) as thief:
        await member.sign_up()
        credential = elsewhere.create(await member.options("register"))
        fields = {"credential": credential}
        assert await member.code_of("POST", "/api/passkeys", **fields) == "forbidden"
        await member.register(passkey)
        options = await member.options("sign_in")
        await thief.options("sign_in")
        stolen = {"credential": passkey.get(options)}
        assert await thief.code_of("POST", "/api/passkeys/signin", **stolen) == "unauthorized"
        thief.challenge = ""
        assert await thief.code_of("POST", "/api/passkeys/signin", **stolen) == "forbidden"
        passkey.origin = "https://evil.example"
        assert (await thief.try_to_sign_in(passkey))[0] == 401
        passkey.origin, passkey.is_verified = urls[0], False
        assert (await thief.try_to_sign_in(passkey))[0] == 401


async def test_a_copy_of_a_passkey_is_noticed_by_its_counter(urls: Urls) -> None:
    passkey = Authenticator(urls[0])
    async with Browser(urls[0]) as member, Browser(urls[0]) as thief:
        await member.sign_up()
        await member.register(passkey)
        passkey.count = 10
        assert (await member.try_to_sign_in(passkey))[0] == 200
        passkey.count = 3
        assert (await thief.try_to_sign_in(passkey))[0] == 401


@pytest.mark.parametrize(
    "credential",
    [{}, {"id": 7}, {"id": "x"}, {"id": "\u0000"}, {"id": "x" * 5000}, {"id": "a", "response": []}],
)
async def test_what_is_no_credential_is_refused(urls: Urls, credential: dict[str, object]) -> None:
    async with Browser(urls[0]) as member:
        await member.sign_up()
        await member.options("sign_in")
        fields = {"credential": credential}
        assert await member.code_of("POST", "/api/passkeys/signin", **fields) == "unauthorized"
        await member.options("register")
        assert await member.code_of("POST", "/api/passkeys", **fields) == "forbidden"


async def test_another_password_leaves_passkeys_and_leaving_takes_them(urls: Urls) -> None:
    passkey = Authenticator(urls[0])
    async with Browser(urls[0]) as member, Browser(urls[0]) as other:
        await member.sign_up()
        await member.register(passkey)
        await member.must("POST", "/api/me/password", old=PASSWORD, new="another password")
        assert (await other.try_to_sign_in(passkey))[0] == 200
        await member.must("DELETE", "/api/me", password="another password")
        await asyncio.sleep(0)
        status, answer = await other.try_to_sign_in(passkey)
        assert status in (401, 403), json.dumps(answer)
