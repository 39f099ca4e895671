"""A decision is committed only if all that it was made on is still so."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.accounts import records
from chat.accounts.records import Owners, changed
from chat.backplane.directory import Directory
from chat.errors import Refused, Unavailable
from chat.protocol.codes import Code
from chat.service.transactions import Transaction, Transactions
from tests.unit.fakes import SetClock
from tests.unit.service.site_log import OWNER, MemoryLog


class TestTransactions(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.log = MemoryLog()
        clock = SetClock()
        self.transactions = Transactions(Directory(self.log, clock), self.log, clock)
        self.decided = 0

    async def rename(self, transaction: Transaction) -> str:
        self.decided += 1
        account = await transaction.account(OWNER.user)
        assert account is not None
        await transaction.owners()  # read only, and compared, too
        await transaction.put(records.account(OWNER.user), changed(account, name="Olivia"))
        transaction.record("rename", whom=OWNER.user, reason=account.name)
        return account.name

    async def test_it_is_one_entry_with_its_changes(self) -> None:
        assert await self.transactions.run(OWNER, self.rename) == "Olga"
        account = await self.transactions.account(OWNER.user)
        assert account is not None and account.name == "Olivia"
        (entry,) = self.log.audited
        assert (entry.user, entry.action, entry.reason) == (OWNER.user, "rename", "Olga")

    async def test_it_is_decided_again_where_what_was_only_read_has_changed(self) -> None:
        def be_quicker() -> None:
            self.log.on_append = lambda: None
            self.log.put(records.OWNERS, Owners(users=["another"]))

        self.log.on_append = be_quicker
        await self.transactions.run(OWNER, self.rename)
        assert self.decided == 2 and len(self.log.audited) == 1

    async def test_it_gives_up_where_others_are_always_quicker(self) -> None:
        self.log.on_append = lambda: self.log.put(records.OWNERS, Owners(users=[str(self.decided)]))
        with pytest.raises(Unavailable) as caught:
            await self.transactions.run(OWNER, self.rename)
        assert caught.value.code == Code.UNAVAILABLE and caught.value.retry_ms
        assert self.log.audited == []

    async def test_what_changes_nothing_leaves_no_entry(self) -> None:
        async def look(transaction: Transaction) -> None:
            account = await transaction.account(OWNER.user)
            await transaction.put(records.account(OWNER.user), account)

        await self.transactions.run(OWNER, look)
        assert self.log.audited == []

    async def test_what_is_refused_changes_nothing(self) -> None:
        async def refuse(transaction: Transaction) -> None:
            await transaction.put(records.OWNERS, Owners(users=["x"]))
            raise Refused(Code.FORBIDDEN, "no")

        with pytest.raises(Refused):
            await self.transactions.run(OWNER, refuse)
        assert records.OWNERS not in self.log.stored
