"""Owners make invitations, but not without end, and those that are over go."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts import decisions, records
from chat.accounts.codes import hash_of
from chat.accounts.records import Invite
from chat.backplane.directory import Directory
from chat.errors import ChatError, InvalidInput, Refused
from chat.protocol.codes import Code
from chat.protocol.pushes import Person
from chat.service.invites import Invites
from chat.service.transactions import Transactions
from tests.unit.fakes import SetClock
from tests.unit.service.site_log import OWNER, MemoryLog

DAY_S = 86400


class OpenSite:
    """A site where invitations are not needed."""

    sign_up = "open"


class TestInvites(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.log, self.clock = MemoryLog(), SetClock()
        transactions = Transactions(Directory(self.log, self.clock), self.log, self.clock)
        self.invites = Invites(transactions=transactions, site=OpenSite())  # type: ignore[arg-type]

    async def test_there_are_only_so_many_invitations(self) -> None:
        for number in range(decisions.MAX_INVITES):
            self.log.put(records.invite(f"{number:064x}"), Invite(by="x", until_s=10**9))
        with pytest.raises(Refused) as caught:
            await self.invites.make(OWNER, uses=1, days=1)
        assert caught.value.code == Code.FORBIDDEN
        await self.invites.end(OWNER, f"{7:064x}")
        await self.invites.make(OWNER, uses=1, days=1)

    async def test_the_store_has_no_code_and_those_that_are_over_go(self) -> None:
        code = await self.invites.make(OWNER, uses=3, days=1)
        assert all(code.encode() not in value for value in self.log.stored.values())
        key = records.invite(str(hash_of(code)))
        await self.invites.check(code)
        (listed,) = await self.invites.all(OWNER)
        assert (listed.uses, listed.until_s) == (3, int(self.clock.now) + DAY_S)
        self.clock.now += DAY_S
        with pytest.raises(ChatError):
            await self.invites.check(code)
        assert await self.invites.all(OWNER) == [] and key in self.log.stored
        await self.invites.make(OWNER, uses=1, days=1)
        assert key not in self.log.stored

    async def test_uses_and_days_have_bounds(self) -> None:
        most, longest = decisions.MAX_INVITE_USES, decisions.MAX_INVITE_DAYS
        for uses, days in ((0, 1), (most + 1, 1), (1, 0), (1, longest + 1)):
            with pytest.raises(InvalidInput):
                await self.invites.make(OWNER, uses=uses, days=days)
        await self.invites.make(OWNER, uses=most, days=longest)

    async def test_others_make_none(self) -> None:
        with pytest.raises(Refused):
            await self.invites.make(Person(user="x", name="X"), uses=1, days=1)
        with pytest.raises(Refused):
            await self.invites.all(Person(user="x", name="X"))
