"""What many readers read at the same time is encoded once, and not kept."""

from unittest import IsolatedAsyncioTestCase
from unittest.mock import patch

from chat.attach.shared_pushes import KEPT_BYTES, KEPT_S, SharedPushes
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from tests.unit.backplane.set_loop import SetLoop


def entry(offset: int, text: str = "hello") -> Entry:
    body = f'{{"user":"u","name":"n","time":"t","key":"k","text":"{text}","html":""}}'
    return Entry("dev", Position("e1", offset), "message", body.encode())


class SharedPushesTest(IsolatedAsyncioTestCase):
    async def test_an_entry_has_one_push_as_long_as_it_is_the_same(self) -> None:
        pushes = SharedPushes()
        first = pushes.of(entry(1))
        assert pushes.of(entry(1)) is first
        assert pushes.of(entry(2)) is not first
        without_text = pushes.of(entry(1, text=""))
        assert without_text is not first and b"hello" not in without_text.payload

    async def test_long_entries_are_not_kept(self) -> None:
        pushes = SharedPushes()
        text = "x" * (KEPT_BYTES // 4)
        entries = [entry(number, text) for number in range(8)]
        shared = [pushes.of(each) is pushes.of(each) for each in entries]
        assert shared[0] and not shared[-1]


def test_they_are_forgotten_soon() -> None:
    loop = SetLoop()
    with patch("asyncio.get_running_loop", return_value=loop):
        pushes = SharedPushes()
        first = pushes.of(entry(1))
        loop.pass_time(KEPT_S)
        assert pushes.of(entry(1)) is not first
