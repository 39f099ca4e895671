import asyncio

import pytest

from benchmarks.capacity import following


def test_followers_handle_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "ROUNDS", 1)
    monkeypatch.setattr(following, "IDLE_S", 0.1)
    turn, room, message = asyncio.run(following._measure(None))
    assert min(turn.here, room.here, message.here) >= 0
    assert (turn.redis, room.redis, message.redis) == (0, 0, 0)
