import asyncio
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chat.client.positions import Push
from chat.client.transports.longpoll import LongPollTransport
from chat.client.transports.transport import AttachRequest, Ended, Terms
from tests.unit.client.fakes import hello, run

HELLO = {"data": [hello()], "cursor": "dev:e:1"}
EMPTY = {"data": [], "cursor": "dev:e:1", "timeout": True}
MESSAGE: Push = {"type": "message", "offset": 2}
NEWS = {"data": [MESSAGE], "cursor": "dev:e:2"}


class FakeHttp:
    """Answers each poll after some seconds: with JSON, with a status, or with an exception."""

    def __init__(self, *answers: tuple[float, Any]) -> None:
        self._answers = iter(answers)
        self.polls: list[dict[str, str]] = []

    async def get(self, path: str) -> tuple[Any, Any]:
        self.polls.append({key: value[0] for key, value in parse_qs(urlsplit(path).query).items()})
        held_s, answer = next(self._answers)
        await asyncio.sleep(held_s)
        if isinstance(answer, Exception):
            raise answer
        status = answer if isinstance(answer, int) else 200
        return SimpleNamespace(status=status), None if status != 200 else answer


def polling(*answers: tuple[float, Any]) -> tuple[LongPollTransport, FakeHttp, Terms]:
    http: Any = FakeHttp(*answers)
    terms = Terms()
    request = AttachRequest(
        http=http, url="/poll", send_url="/send", session=None, cursor="dev:e:0", rooms=(),
        terms=terms,
    )  # fmt: skip
    return LongPollTransport(request), http, terms


def test_each_poll_begins_where_the_last_one_ended_in_the_session_that_it_got() -> None:
    async def test() -> None:
        transport, http, _ = polling((0, HELLO), (1, NEWS), (1, NEWS))
        pushes = transport.pushes()
        assert [await anext(pushes), await anext(pushes)] == [hello(), MESSAGE]
        await anext(pushes)
        assert http.polls == [
            {"cursor": "dev:e:0", "hello": "1"},
            {"cursor": "dev:e:1", "session": "s1"},
            {"cursor": "dev:e:2", "session": "s1"},
        ]

    run(test)


@pytest.mark.parametrize("cut", [504, 502, 408, ConnectionResetError(), EOFError()])
def test_a_poll_that_is_cut_is_repeated_with_a_shorter_hold_that_grows_again(cut: Any) -> None:
    async def test() -> None:
        transport, http, terms = polling((0, HELLO), (10, cut), (8, EMPTY), (1, NEWS))
        pushes = transport.pushes()
        await anext(pushes)
        assert await anext(pushes) == MESSAGE
        assert [poll.get("hold_s") for poll in http.polls] == [None, None, "8", "9"]
        assert terms.hold_s == 9

    run(test)


@pytest.mark.parametrize("answers", [[(10, 504)], [(0, HELLO), (0.5, 504)], [(0, HELLO), (9, 500)]])
def test_what_a_shorter_hold_does_not_help_ends_it(answers: list[tuple[float, Any]]) -> None:
    async def test() -> None:
        transport, _, terms = polling(*answers)
        with pytest.raises(Ended):
            async for _ in transport.pushes():
                pass
        assert terms.hold_s == 25

    run(test)


def test_other_rooms_are_greeted() -> None:
    async def test() -> None:
        more = {"data": [MESSAGE], "cursor": "dev:e:2,ops:e:1"}
        transport, http, _ = polling((0, HELLO), (1, more), (0, {**more, "data": [hello()]}))
        pushes = transport.pushes()
        for _ in range(3):
            await anext(pushes)
        assert [poll.get("hello") for poll in http.polls] == ["1", None, "1"]

    run(test)
