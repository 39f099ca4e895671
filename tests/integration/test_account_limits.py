"""How many accounts one address makes, how often one is changed, how often somebody may guess."""

from dataclasses import replace
from typing import Any

import pytest

from chat.accounts import rate_limits
from chat.accounts.passwords import Passwords
from chat.application import Server
from chat.net.proxies import Proxies
from chat.protocol.limits import Limit
from chat.settings.settings import Settings
from tests.support.members import PASSWORD, Member, new_name
from tests.support.wire import WAIT_S

pytestmark = pytest.mark.gen_test(timeout=3 * WAIT_S)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, proxies=Proxies(is_all=True), new_rooms_per_hour=20)


@pytest.fixture
def is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have passwords compared at once, and nothing allowed anew: these tests count attempts."""

    async def hashed(self: Passwords, prepared: bytes) -> str:
        return f"quick:{prepared.hex()}"

    async def verify(self: Passwords, hash: str, prepared: bytes) -> bool:
        return hash == f"quick:{prepared.hex()}"

    for name in ("SIGN_INS", "ADDRESS_SIGN_INS", "SIGN_UPS", "ACCOUNT_CHANGES"):
        monkeypatch.setattr(rate_limits, f"{name}_RATE", 1e-6)  # whatever a busy machine takes
    monkeypatch.setattr(Passwords, "hash", hashed)
    monkeypatch.setattr(Passwords, "verify", verify)
    monkeypatch.setattr(Passwords, "needs_rehash", lambda self, hash: False)


class At(Member):
    """A member who comes from ``address``."""

    address = "192.0.2.1"

    async def fetch(self, method: str, path: str, body: Any = None, headers: Any = None) -> Any:  # type: ignore[override]
        headers = {**(headers or {}), "X-Forwarded-For": self.address}
        return await super().fetch(method, path, body, headers)


def at(base_url: str, address: str) -> At:
    client = At(base_url)
    client.address = address
    return client


async def test_guessing_ends_and_the_owner_still_signs_in(
    is_quick: None, http_server: Server, base_url: str
) -> None:
    async with at(base_url, "192.0.2.1") as owner:
        name = await owner.sign_up()
        for number in range(rate_limits.SIGN_INS_BURST):
            client = at(base_url, f"198.51.100.{number}")
            fields = {"name": name, "password": f"guess {number}"}
            assert await client.code_of("POST", "/api/login", **fields) == "unauthorized"
        client = at(base_url, "198.51.100.200")
        for password in ("one more guess", PASSWORD):
            fields = {"name": name, "password": password}
            assert await client.code_of("POST", "/api/login", **fields) == "rate_limited"
        assert http_server.metrics.limits[Limit.SIGN_INS] == 2
        known = owner.known
        await owner.must("POST", "/logout")
        assert owner.known == known
        await owner.log_in(name)
        assert (await owner.must("GET", "/api/me"))["name"] == name


async def test_the_right_password_costs_no_attempt(
    is_quick: None, http_server: Server, base_url: str
) -> None:
    async with at(base_url, "192.0.2.1") as member:
        name = await member.sign_up()
        for _ in range(2 * rate_limits.SIGN_INS_BURST):
            client = at(base_url, "192.0.2.9")
            await client.log_in(name)


async def test_wrong_passwords_from_one_address_are_limited(
    is_quick: None, http_server: Server, base_url: str
) -> None:
    client = at(base_url, "192.0.2.1")
    for number in range(rate_limits.ADDRESS_SIGN_INS_BURST):
        fields = {"name": f"Nobody {number}", "password": PASSWORD}
        assert await client.code_of("POST", "/api/login", **fields) == "unauthorized"
    assert await client.code_of("POST", "/api/login", **fields) == "rate_limited"
    assert http_server.metrics.limits[Limit.ADDRESS_SIGN_INS] == 1
    elsewhere = at(base_url, "192.0.2.2")
    fields["name"] = "Nobody else"
    assert await elsewhere.code_of("POST", "/api/login", **fields) == "unauthorized"


async def test_sign_ups_from_one_address_are_limited(
    is_quick: None, http_server: Server, base_url: str
) -> None:
    client = at(base_url, "192.0.2.1")
    fields = {"name": new_name(), "password": PASSWORD}
    for _ in range(rate_limits.SIGN_UPS_BURST):
        client.cookie = None
        await client.ask_json("POST", "/api/signup", **fields)
    client.cookie = None
    assert await client.code_of("POST", "/api/signup", **fields) == "rate_limited"
    assert http_server.metrics.limits[Limit.SIGN_UPS] == 1


async def test_changes_of_one_account_are_limited(
    is_quick: None, http_server: Server, base_url: str
) -> None:
    async with at(base_url, "192.0.2.1") as member:
        await member.sign_up()
        for _ in range(rate_limits.ACCOUNT_CHANGES_BURST):
            await member.must("PATCH", "/api/me", name=new_name())
        assert await member.code_of("PATCH", "/api/me", name=new_name()) == "rate_limited"
    assert http_server.metrics.limits[Limit.ACCOUNT_CHANGES] == 1
