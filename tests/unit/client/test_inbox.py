import pytest

from chat.client import Refused
from chat.client.inbox import LIMIT, Inbox
from tests.support.aio import in_a_loop

RESYNC = {"type": "resync", "room": "dev", "epoch": "e1", "offset": LIMIT + 1}


def message(n: int) -> dict[str, object]:
    return {"type": "message", "offset": n}


@in_a_loop(5)
async def test_what_is_put_is_got_in_order() -> None:
    inbox = Inbox(lambda: [RESYNC])
    for n in range(LIMIT):
        inbox.put(message(n))
    assert [(await inbox.get())["offset"] for _ in range(LIMIT)] == list(range(LIMIT))


@in_a_loop(5)
async def test_what_nobody_reads_becomes_resyncs_and_no_silent_hole() -> None:
    inbox = Inbox(lambda: [RESYNC])
    for n in range(LIMIT + 1):
        inbox.put(message(n))
    inbox.put(message(LIMIT + 1))
    assert await inbox.get() == RESYNC
    assert await inbox.get() == message(LIMIT + 1)


@in_a_loop(5)
async def test_the_end_comes_behind_what_is_unread() -> None:
    inbox = Inbox(list)
    inbox.put(message(1))
    inbox.close()
    assert await inbox.get() == message(1)
    with pytest.raises(StopAsyncIteration):
        await inbox.get()


@in_a_loop(5)
async def test_a_refusal_is_raised() -> None:
    inbox = Inbox(list)
    inbox.close(Refused("banned", "Go away."))
    with pytest.raises(Refused):
        await inbox.get()
