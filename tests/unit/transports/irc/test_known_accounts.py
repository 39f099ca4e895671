"""Who has an account is known, or asked in the background."""

from unittest import IsolatedAsyncioTestCase

from chat.background import Tasks
from chat.errors import Unavailable
from chat.rooms.roles import ServerRole
from chat.transports.irc.known_accounts import KnownAccounts
from tests.unit.fakes import SetClock


class TestKnownAccounts(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.roles = {"ann": ServerRole.MEMBER}
        self.asked: list[str] = []
        self.is_away = False
        self.clock, self.tasks = SetClock(), Tasks()
        self.known = KnownAccounts(self, self.tasks, self.clock.monotonic)

    async def role_of(self, user: str) -> ServerRole:
        self.asked.append(user)
        if self.is_away:
            raise Unavailable("unavailable", "The store is away.")
        return self.roles.get(user, ServerRole.GUEST)

    async def has(self, user: str) -> bool:
        found = self.known.has(user)
        await self.tasks.finish()
        return found

    async def test_a_member_is_known_from_the_second_time_on_for_ever(self) -> None:
        self.assertFalse(await self.has("ann"))
        self.clock.now += 10**6
        self.assertTrue(await self.has("ann"))
        self.assertEqual(self.asked, ["ann"])

    async def test_a_guest_may_have_signed_up_after_a_while(self) -> None:
        self.assertFalse(await self.has("bob"))
        self.roles["bob"] = ServerRole.MEMBER
        self.clock.now += 59
        self.assertFalse(await self.has("bob"))
        self.clock.now += 1
        await self.has("bob")
        self.assertTrue(await self.has("bob"))

    async def test_who_was_noted_or_looked_up_is_not_asked_about(self) -> None:
        self.known.note("eve", True)
        self.assertTrue(await self.has("eve"))
        self.assertEqual(self.asked, [])
        self.assertTrue(await self.known.look_up("ann"))
        self.assertTrue(await self.has("ann"))

    async def test_while_the_store_is_away_nobody_is_known(self) -> None:
        self.is_away = True
        self.assertFalse(await self.has("ann"))
