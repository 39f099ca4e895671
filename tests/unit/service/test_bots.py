"""Owners make bots, but not without end; the store has no token."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts import records
from chat.accounts.bots import MAX_BOTS, KnownBots
from chat.accounts.program_limits import BOT_BURST, BOT_RATE
from chat.accounts.rate_limits import BURST, Limits
from chat.accounts.records import Bot
from chat.errors import ChatError, Refused, Unavailable
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.rooms.grants import Scope
from chat.rooms.roles import ServerRole
from chat.service.bot_records import MAX_ROOMS
from chat.service.bots import Bots
from chat.service.leaving import Leaving
from chat.service.site import Site
from chat.service.uses import Uses
from chat.settings.settings import Settings
from tests.unit.service.parts import GUEST, HERE, Parts
from tests.unit.service.site_log import OWNER

SOME = [Scope.READ, Scope.SEND]


class TestBots(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.parts = Parts()
        self.addCleanup(self.parts.passwords.stop)
        store, clock = self.parts.store, self.parts.clock
        self.known = KnownBots()
        self.site = Site(Settings(), store, bots=self.known)  # type: ignore[arg-type]
        self.uses = Uses(store, clock)  # type: ignore[arg-type]
        self.bots = Bots(
            transactions=self.parts.transactions,
            devices=self.parts.devices,
            leaving=Leaving(
                transactions=self.parts.transactions,
                backplane=store,  # type: ignore[arg-type]
                devices=self.parts.devices,
                clock=clock,
            ),
            site=self.site,
            limits=Limits(Settings(), clock, lambda limit: None),
            uses=self.uses,
        )

    async def test_a_bot_is_known_at_once_and_the_store_has_no_token(self) -> None:
        token, made = await self.bots.make(OWNER, "Weather", SOME, ["general"])
        person = self.known.person_of(token)
        assert person is not None and (person.user, person.name) == (made.id, "Weather")
        assert await self.parts.people.role_of(made.id) is ServerRole.BOT
        assert all(token.encode() not in value for value in self.parts.store.stored.values())
        self.uses.note(made.id)
        (listed,) = await self.bots.all(OWNER)
        assert (listed.id, listed.scopes, listed.rooms) == (made.id, ["read", "send"], ["general"])
        assert listed.used_s == int(self.parts.clock.now)

    async def test_a_name_is_the_bot_s_alone(self) -> None:
        await self.parts.sign_up("Ann")
        with pytest.raises(Refused) as caught:
            await self.bots.make(OWNER, "ANN", SOME, None)
        assert caught.value.code == Code.NAME_TAKEN
        _, made = await self.bots.make(OWNER, "Weather", SOME, None)
        with pytest.raises(Refused) as caught:
            await self.parts.sign_up("weather", Person(user="guest-00000000000000cc", name="x"))
        assert caught.value.code == Code.NAME_TAKEN
        await self.bots.end(OWNER, made.id, HERE)
        await self.parts.sign_up("weather", Person(user="guest-00000000000000cc", name="x"))

    async def test_a_new_token_ends_the_one_before(self) -> None:
        token, made = await self.bots.make(OWNER, "Weather", SOME, None)
        before = self.known.person_of(token)
        assert before is not None
        renewed = await self.bots.renew(OWNER, made.id, HERE)
        after = self.known.person_of(renewed)
        assert after is not None and after.user == made.id
        assert self.known.person_of(token) is None
        assert [block.who for block in self.parts.store.blocked] == [f"{made.id}/{before.device}"]

    async def test_an_ended_bot_is_nobody_any_more(self) -> None:
        token, made = await self.bots.make(OWNER, "Weather", SOME, None)
        await self.bots.end(OWNER, made.id, HERE)
        assert self.known.person_of(token) is None and await self.bots.all(OWNER) == []
        assert not [key for key in self.parts.store.stored if made.id in key]
        assert made.id in [block.who for block in self.parts.store.blocked]
        for act in (self.bots.renew, self.bots.end):
            with pytest.raises(Refused):
                await act(OWNER, made.id, HERE)

    async def test_only_owners_have_to_do_with_bots(self) -> None:
        _, made = await self.bots.make(OWNER, "Weather", SOME, None)
        for act in (
            self.bots.make(GUEST, "Mine", SOME, None),
            self.bots.all(GUEST),
            self.bots.renew(GUEST, made.id, HERE),
            self.bots.end(GUEST, made.id, HERE),
        ):
            with pytest.raises(Refused) as caught:
                await act
            assert caught.value.code == Code.FORBIDDEN

    async def test_a_bot_is_made_no_owner_and_gets_no_password(self) -> None:
        _, made = await self.bots.make(OWNER, "Weather", SOME, None)
        for act in (
            self.parts.owners.set_role(OWNER, made.id, ServerRole.OWNER),
            self.parts.owners.make_reset(OWNER, made.id),
        ):
            with pytest.raises(Refused):
                await act

    async def test_scopes_and_rooms_have_bounds(self) -> None:
        many = [f"room-{number}" for number in range(MAX_ROOMS + 1)]
        wrong: list[tuple[list[Scope], list[str] | None]] = [
            ([], None), (SOME, []), (SOME, many), (SOME, ["No Room"]),
        ]  # fmt: skip
        for scopes, rooms in wrong:
            with pytest.raises(ChatError):
                await self.bots.make(OWNER, "Weather", scopes, rooms)
        await self.bots.make(OWNER, "Weather", [Scope.READ, Scope.READ], many[:-1])

    async def test_there_are_so_many_bots_and_no_more(self) -> None:
        stored = Bot(name="x", token="", device="", scopes=[], rooms=None, by="", made_s=0)
        for number in range(MAX_BOTS):
            self.parts.store.put(records.bot(f"bot-{number:016x}"), stored)
        with pytest.raises(Refused) as caught:
            await self.bots.make(OWNER, "Weather", SOME, None)
        assert caught.value.code == Code.FORBIDDEN

    async def test_a_bot_of_a_newer_version_is_not_let_in(self) -> None:
        token, made = await self.bots.make(OWNER, "Weather", SOME, None)
        self.parts.store.stored[records.bot(made.id)] = b'{"token": 7}'
        self.parts.store.stored[records.BOTS] = b"changed"
        with self.assertLogs("chat.service.site", "WARNING"):
            await self.site.refresh()
        assert self.known.person_of(token) is None

    def test_a_bot_gives_more_commands_at_once_than_a_person(self) -> None:
        limits = Limits(Settings(), self.parts.clock, lambda limit: None)
        for user, burst in (("bot-0123456789abcdef", BOT_BURST), (GUEST.user, BURST)):
            for _ in range(burst):
                limits.command(user, HERE)
            with pytest.raises(Unavailable):
                limits.command(user, HERE)
        self.parts.clock.now += 1 / BOT_RATE
        limits.command("bot-0123456789abcdef", HERE)
