"""A body that is streamed may take any time, but has to make progress."""

import asyncio

from chat.http.streamed_body import PROGRESS_BYTES, StreamedBody

INTERVAL_S = 30.0


class Taker:
    def __init__(self) -> None:
        self.taken = b""

    def take(self, piece: bytes) -> "asyncio.Future[None]":
        self.taken += piece
        loop = asyncio.new_event_loop()
        loop.close()
        return loop.create_future()  # nobody waits for it

    def end_body(self) -> None:
        pass

    def on_lost(self) -> None:
        pass

    def on_half_closed(self) -> None:
        pass


def test_a_body_has_to_make_progress() -> None:
    body = StreamedBody(Taker(), interval_s=INTERVAL_S, now=0.0)
    assert body.deadline_s == INTERVAL_S
    body.give(bytes(PROGRESS_BYTES - 1), now=20.0)
    body.given(now=20.0)
    assert body.deadline_s == INTERVAL_S
    body.give(b"x", now=29.0)
    body.given(now=29.0)
    assert body.deadline_s == 29.0 + INTERVAL_S


def test_the_time_in_which_a_piece_is_taken_is_not_the_client_s() -> None:
    body = StreamedBody(Taker(), interval_s=INTERVAL_S, now=0.0)
    body.give(b"x", now=10.0)
    assert body.is_waited_for
    body.given(now=70.0)
    assert not body.is_waited_for
    assert body.deadline_s == INTERVAL_S + 60.0
