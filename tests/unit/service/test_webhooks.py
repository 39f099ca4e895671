"""Webhooks are bounded: how many there are, and how often they are changed."""

from unittest import IsolatedAsyncioTestCase

import msgspec
import pytest

from chat.accounts import rate_limits
from chat.accounts.rate_limits import Limits
from chat.backplane.values import Setting
from chat.backplane.webhooks import (
    AGAIN,
    DELIVERIES,
    Delivery,
    Webhook,
    encode_webhooks,
    record_of,
)
from chat.errors import InvalidInput, Refused, Unavailable
from chat.net.public_addresses import Destinations
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.rooms.permissions import Action
from chat.service.webhook_urls import MAX_URL_CHARACTERS, check_url
from chat.service.webhooks import MAX_IN_ALL, MAX_IN_ROOM, Webhooks, Wish
from chat.settings.options import networks
from chat.settings.settings import Settings
from tests.unit.service.parts import HERE, Parts

ANN = Person(user="guest-00000000000000bb", name="Ann")
ROOM = "p-abcdefghjkmnpqrs"
URL = "https://hooks.example/parley"


class Room:
    """A room in which everybody may do everything."""

    async def check_may(self, person: Person, room: str, action: Action) -> None:
        assert action is Action.WEBHOOKS


class TestWebhooks(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.parts = Parts()
        self.limited: list[Limit] = []
        self.parts.store.positions = self.positions  # type: ignore[attr-defined]
        self.webhooks = Webhooks(
            self.parts.store,  # type: ignore[arg-type]
            transactions=self.parts.transactions,
            service=Room(),  # type: ignore[arg-type]
            limits=Limits(Settings(), self.parts.clock, self.limited.append),
            clock=self.parts.clock,
            destinations=Destinations(),
        )

    async def positions(self, rooms: list[str]) -> dict[str, Position]:
        return {room: Position("e1", 7) for room in rooms}

    async def make(self, number: int = 0, room: str = ROOM) -> Webhook:
        by = Person(user=f"guest-{number:016x}", name="Ann")
        return await self.webhooks.make(by, room, URL, ["message"], f"192.0.2.{number}")

    async def test_a_room_has_so_many_and_no_more(self) -> None:
        made = [await self.make(number) for number in range(MAX_IN_ROOM)]
        with pytest.raises(Refused) as caught:
            await self.make(MAX_IN_ROOM)
        assert caught.value.code == Code.FORBIDDEN
        await self.webhooks.remove(ANN, made[3].id, HERE)
        await self.make(MAX_IN_ROOM)
        assert len(await self.webhooks.of_room(ANN, ROOM)) == MAX_IN_ROOM

    async def test_a_server_has_so_many_and_no_more(self) -> None:
        one = await self.make()
        others = [Webhook(**_fields(one, f"other-{n:016x}")) for n in range(MAX_IN_ALL - 2)]
        self.parts.store.stored[record_of("other")] = encode_webhooks(others) or b""
        await self.make(1)
        with pytest.raises(Refused) as caught:
            await self.make(2)
        assert caught.value.code == Code.FORBIDDEN

    async def test_they_are_changed_so_often_and_no_more(self) -> None:
        made = await self.make()
        for _ in range(rate_limits.WEBHOOKS_BURST):
            await self.webhooks.change(ANN, made.id, Wish(is_enabled=True), HERE)
        with pytest.raises(Unavailable) as caught:
            await self.webhooks.send_again(ANN, made.id, f"{made.id}:e1:8", HERE)
        assert caught.value.code == Code.RATE_LIMITED and self.limited == [Limit.WEBHOOKS]
        self.parts.clock.now += 1 / rate_limits.WEBHOOKS_RATE
        await self.webhooks.renew_secret(ANN, made.id, HERE)

    async def test_only_another_url_or_enabling_it_begins_a_new_turn(self) -> None:
        made = await self.make()
        for wish, turns in (
            (Wish(events=["joined"]), 0), (Wish(url=URL), 0), (Wish(is_enabled=False), 0),
            (Wish(is_enabled=True), 1), (Wish(url=f"{URL}/2"), 1),
        ):  # fmt: skip
            before = made.turn
            made = (await self.webhooks.change(ANN, made.id, wish, HERE)).hook
            assert made.turn == before + turns, wish
        assert (made.events, made.url, made.is_paused) == (["joined"], f"{URL}/2", False)

    async def test_a_former_secret_signs_for_a_day_and_the_audit_log_has_none(self) -> None:
        made = await self.make()
        changed = await self.webhooks.renew_secret(ANN, made.id, HERE)
        assert (changed.former_secret, changed.secret != made.secret) == (made.secret, True)
        assert changed.former_until_s == int(self.parts.clock.now) + 86_400
        assert {"webhook", "webhook_secret"} <= {body.action for body in self.parts.store.audited}
        assert all("whsec" not in str(body) for body in self.parts.store.audited)

    async def test_only_the_last_deliveries_are_sent_again(self) -> None:
        made = await self.make()
        id = f"{made.id}:e1:8"
        for last_s in (self.parts.clock.now, self.parts.clock.now - 31 * 86_400):
            known = Delivery(id=id, type="message", state="failed", attempts=3, last_s=last_s)
            stored = Setting(DELIVERIES, made.id, msgspec.json.encode([known]))
            await self.parts.store.values.put([stored])
            if last_s == self.parts.clock.now:
                await self.webhooks.send_again(ANN, made.id, id, HERE)
        assert await self.parts.store.values.all(AGAIN) == {f"{made.id} e1:8": b"message"}
        assert await self.webhooks.deliveries(ANN, made.id) == []
        with pytest.raises(Refused):
            await self.webhooks.send_again(ANN, made.id, id, HERE)


def _fields(hook: Webhook, id: str) -> dict[str, object]:
    return {**msgspec.structs.asdict(hook), "id": id}


@pytest.mark.parametrize(
    ("url", "allowed", "is_fine"),
    [
        ("https://hooks.example/a?b=c", "", True),
        ("HTTPS://Hooks.Example", "", True),
        ("https://hooks.example:8443/", "", True),
        ("https://8.8.8.8/", "", True),
        ("https://[2a00:1450:4001:81b::200e]/", "", True),
        ("https://hooks.example:22/", "", False),
        ("https://hooks.example:99999/", "", False),
        ("http://hooks.example/", "", False),
        ("http://hooks.example/", "10.0.0.0/8", True),
        ("http://10.1.2.3:22/", "10.0.0.0/8", True),
        ("http://8.8.8.8/", "10.0.0.0/8", False),
        ("https://10.1.2.3/", "", False),
        ("https://user@hooks.example/", "", False),
        ("https://hooks.example/#part", "", False),
        ("https://hooks.example/a b", "", False),
        ("https://hooks.example/\r\nX: y", "", False),
        ("https://-hooks.example/", "", False),
        ("https:///path", "", False),
        ("https://[::1", "", False),
        ("javascript:alert(1)", "", False),
    ],
)
def test_what_may_be_the_url_of_a_receiver(url: str, allowed: str, is_fine: bool) -> None:
    if is_fine:
        assert check_url(f" {url} ", networks(allowed)) == url
    else:
        with pytest.raises(InvalidInput) as caught:
            check_url(url, networks(allowed))
        assert caught.value.code == Code.BAD_COMMAND


def test_a_url_has_so_many_characters() -> None:
    url = "https://hooks.example/".ljust(MAX_URL_CHARACTERS, "a")
    assert check_url(url, Destinations()) == url
    with pytest.raises(InvalidInput) as caught:
        check_url(f"{url}a", Destinations())
    assert caught.value.code == Code.TOO_LONG
