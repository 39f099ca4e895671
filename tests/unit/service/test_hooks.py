"""Webhooks are bounded: how many there are, and how much they say."""

from collections.abc import Mapping
from typing import Any
from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts.program_limits import HOOK_BURST, HOOK_RATE
from chat.accounts.rate_limits import Limits
from chat.errors import ChatError, Refused, Unavailable
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.rooms.permissions import Action
from chat.service.hook_records import MAX_HOOKS, ending_all
from chat.service.hooks import Hooks
from chat.service.uses import Uses
from chat.settings.settings import Settings
from tests.unit.service.parts import HERE, Parts

ANN = Person(user="guest-00000000000000bb", name="Ann")
ROOM = "p-abcdefghjkmnpqrs"
TEXT = b'{"text": "hello"}'


class Room:
    """A room in which everybody may do everything; it remembers who said what."""

    def __init__(self) -> None:
        self.said: list[tuple[str, commands.Send]] = []

    async def check_may(self, person: Person, room: str, action: Action) -> None:
        assert action is Action.HOOKS

    async def say(self, hook: Person, command: commands.Send, *, may_mention: bool) -> None:
        self.said.append((hook.name, command))


class TestHooks(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.parts, self.room = Parts(), Room()
        self.limited: list[Limit] = []
        self.limits = Limits(Settings(), self.parts.clock, self.limited.append)
        self.uses = Uses(self.parts.store, self.parts.clock)  # type: ignore[arg-type]
        self.hooks = Hooks(
            transactions=self.parts.transactions,
            people=self.parts.people,
            service=self.room,  # type: ignore[arg-type]
            limits=self.limits,
            uses=self.uses,
        )

    async def make(self, number: int = 0, name: str = "Builds") -> str:
        maker = Person(user=f"guest-{number:016x}", name="Ann")
        code, _ = await self.hooks.make(maker, ROOM, name)
        return code

    async def post(self, code: str, headers: Mapping[str, str] = {}, address: str = HERE) -> None:
        await self.hooks.post(code, headers, TEXT, is_form=False, address=address)

    async def test_the_store_has_no_code(self) -> None:
        code = await self.make()
        stored = self.parts.store.stored
        assert all(code.encode() not in value and code not in key for key, value in stored.items())

    async def test_a_room_has_so_many_and_no_more(self) -> None:
        for number in range(MAX_HOOKS):
            await self.make(number)
        with pytest.raises(Refused) as caught:
            await self.make(MAX_HOOKS)
        assert caught.value.code == Code.FORBIDDEN
        first, *_ = await self.hooks.of(ANN, ROOM)
        await self.hooks.end(ANN, ROOM, first.id)
        await self.make(MAX_HOOKS)

    async def test_a_webhook_says_so_much_and_no_more(self) -> None:
        code, other = await self.make(), await self.make()
        for _ in range(HOOK_BURST):
            await self.post(code)
        with pytest.raises(Unavailable) as caught:
            await self.post(code, address="192.0.2.77")
        assert caught.value.code == Code.RATE_LIMITED and self.limited == [Limit.HOOKS]
        await self.post(other)
        self.parts.clock.now += 1 / HOOK_RATE
        await self.post(code)

    async def test_all_webhooks_that_an_address_posts_to_have_its_limit_for_commands(self) -> None:
        for number in range(100):
            code = await self.make(number)
            for _ in range(HOOK_BURST):
                await self.post(code)
            id = (await self.hooks.of(ANN, ROOM))[0].id
            await self.hooks.end(ANN, ROOM, id)
        with pytest.raises(Unavailable):
            await self.post(await self.make(100))
        assert self.limited == [Limit.ADDRESS_COMMANDS]

    async def test_the_last_use_is_known(self) -> None:
        code = await self.make()
        (unused,) = await self.hooks.of(ANN, ROOM)
        assert unused.used_s is None
        await self.post(code)
        (used,) = await self.hooks.of(ANN, ROOM)
        assert used.used_s == int(self.parts.clock.now)
        await self.hooks.end(ANN, ROOM, used.id)
        assert await self.uses.all() == {}

    async def test_a_member_who_takes_the_name_later_is_not_spoken_for(self) -> None:
        code = await self.make(name="Nightly builds of everything")
        await self.post(code)
        await self.parts.sign_up("Nightly builds of everything")
        self.parts.clock.now += 1
        await self.post(code)
        assert [name for name, _ in self.room.said] == [
            "Nightly builds of everything",
            "Nightly builds of ever (webhook)",
        ]

    async def test_a_room_that_goes_takes_them_along(self) -> None:
        code = await self.make()
        changes = await ending_all(self.parts.store, ROOM)
        assert len(changes) == 2 and all(change.new is None for change in changes)
        for change in changes:
            assert self.parts.store.stored.pop(change.key) == change.old
        self.parts.clock.now += 1
        with pytest.raises(ChatError) as caught:
            await self.post(code)
        assert caught.value.code == Code.NO_SUCH_HOOK

    async def test_the_same_delivery_has_the_same_key(self) -> None:
        code = await self.make()
        headers: list[dict[str, Any]] = [{"Idempotency-Key": "é" * 500}, {"X-GitHub-Delivery": "1"}]
        for each in (*headers, *headers, {}, {}):
            await self.post(code, each)
        keys = [command.key for _, command in self.room.said]
        assert keys[:2] == keys[2:4] and len(set(keys)) == 4
        assert all(1 <= len(key) <= 64 for key in keys)
