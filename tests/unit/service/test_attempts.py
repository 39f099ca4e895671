"""Whoever loses a race decides again, and not for ever."""

from unittest import IsolatedAsyncioTestCase

import pytest

from chat.errors import Conflict, Refused, Unavailable
from chat.protocol.codes import Code
from chat.service.attempts import ATTEMPTS, until_committed


class TestAttempts(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.tried = 0

    async def commit_at(self, attempt: int) -> str:
        self.tried += 1
        if self.tried < attempt:
            raise Conflict(Code.UNAVAILABLE, "changed")
        return "done"

    async def test_it_is_tried_again_until_nobody_was_quicker(self) -> None:
        assert await until_committed(lambda: self.commit_at(ATTEMPTS)) == "done"
        assert self.tried == ATTEMPTS

    async def test_who_always_loses_is_told_to_come_back(self) -> None:
        with pytest.raises(Unavailable) as caught:
            await until_committed(lambda: self.commit_at(ATTEMPTS + 1))
        assert caught.value.retry_ms and not isinstance(caught.value, Conflict)
        assert self.tried == ATTEMPTS

    async def test_a_refusal_is_final(self) -> None:
        async def refuse() -> None:
            self.tried += 1
            raise Refused(Code.FORBIDDEN, "no")

        with pytest.raises(Refused):
            await until_committed(refuse)
        assert self.tried == 1
