"""The contract for values that belong to no log. Used together with BackplaneContract."""

from collections.abc import Callable
from typing import Any

from chat.backplane.base import Backplane
from chat.backplane.values import Setting


class ValuesContract:
    """A mixin of an IsolatedAsyncioTestCase, together with BackplaneContract."""

    backplane: Backplane
    restart: Callable[[], Any]

    async def test_values_are_kept_by_group_and_over_a_restart(self) -> None:
        await self.backplane.values.put(
            [Setting("a", "one", b"1"), Setting("a", "two", b"\0\xff"), Setting("b", "one", b"3")]
        )
        await self.restart()
        values = self.backplane.values
        assert await values.all("a") == {"one": b"1", "two": b"\0\xff"}
        assert await values.all("b") == {"one": b"3"}
        assert await values.all("c") == {}
        both = {"a": {"one": b"1", "two": b"\0\xff"}, "b": {"one": b"3"}}
        assert await values.each(["a", "b", "c"]) == both
        assert await values.each([]) == {}
        assert await values.of("one", ["a", "b", "c"]) == {"a": b"1", "b": b"3"}
        assert await values.of("one", []) == {}

    async def test_the_last_setting_holds_and_none_removes(self) -> None:
        values = self.backplane.values
        await values.put([Setting("a", "one", b"1"), Setting("a", "two", b"2")])
        await values.put([Setting("a", "one", None), Setting("a", "two", b"3")])
        await values.put([Setting("a", "one", None)])
        await values.put([])
        assert await values.all("a") == {"two": b"3"}

    async def test_a_group_is_cleared_and_no_other(self) -> None:
        values = self.backplane.values
        await values.put([Setting("a", "one", b"1"), Setting("b", "one", b"2")])
        await values.clear("a")
        await values.clear("a")
        assert await values.all("a") == {}
        assert await values.all("b") == {"one": b"2"}
