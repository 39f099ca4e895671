import asyncio

import pytest

from benchmarks.capacity import following


def test_followers_handle_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "ROUNDS", 3)  # a single one may have met the garbage collector
    monkeypatch.setattr(following, "IDLE_S", 2.0)
    turn, room, message = asyncio.run(following._measure(None))
    # Less what an instance spends while idle, which is noise in a short time: it can be more than
    # a single turn, and not than many messages.
    assert message.here > 0
    assert (turn.redis, room.redis, message.redis) == (0, 0, 0)
