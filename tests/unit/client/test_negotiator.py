import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chat.client.negotiator import Negotiator, checked
from chat.client.positions import Positions
from chat.client.transports.transport import Ended
from chat.errors import Refused

BUSY: Any = {"type": "error", "code": "overloaded", "message": "Wait.", "retry_ms": 500}
NO: Any = {"type": "error", "code": "bad_room", "message": "No such name."}


def response(status: int) -> Any:
    return SimpleNamespace(status=status, rtt_s=0.02)


class FakeHttp:
    identity = ""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)
        self.posted: list[tuple[str, Any]] = []

    def below_base(self, path: str) -> str:
        return path.removeprefix("/base")

    async def post(self, path: str, value: Any) -> tuple[Any, Any]:
        self.posted.append((path, value))
        self.identity = "uid=1"
        return response(200), next(self._answers)

    post_form = post


def negotiator(*answers: Any, name: str | None = None) -> tuple[Negotiator, Any, Positions]:
    http: Any = FakeHttp(*answers)
    positions = Positions()
    return Negotiator(http, can=["sse"], name=name, positions=positions), http, positions


def test_it_offers_what_the_server_does_and_we_know() -> None:
    names = ("sse", "carrier_pigeon", "longpoll")
    offers = [{"transport": it, "url": f"/base/{it}", "send": "/base/send"} for it in names]
    negotiating, http, _ = negotiator({"transports": offers, "poll_hold_s": 20, "network": "n"})
    answer = asyncio.run(negotiating.negotiate([], "s1"))
    assert [*answer.transports] == ["sse", "longpoll"]
    assert answer.transports["sse"] == ("/sse", "/send")
    assert (answer.rtt_s, answer.hold_s, answer.network) == (0.02, 20.0, "n")
    assert http.posted == [("/negotiate", {"can": ["sse"], "failed": [], "session": "s1"})]


@pytest.mark.parametrize("answer", [{}, {"transports": [{}]}, {"transports": 7}])
def test_who_answers_otherwise_is_not_parley(answer: dict[str, Any]) -> None:
    with pytest.raises(Ended):
        asyncio.run(negotiator(answer)[0].negotiate([], None))


def test_it_signs_in_once_for_each_identity() -> None:
    joined = {"replies": [{"type": "ok", "epoch": "e", "offset": 4}]}
    signing, http, positions = negotiator({}, joined, {}, joined, name="Ann")

    async def sign_in() -> None:
        assert await signing.sign_in(["dev"])
        assert not await signing.sign_in(["dev"])
        http.identity = "uid=2"
        assert await signing.sign_in(["dev"])

    asyncio.run(sign_in())
    assert positions.cursor == "dev:e:4"
    assert [path for path, _ in http.posted] == ["/login", "/send"] * 2


def test_an_error_is_for_now_or_for_good() -> None:
    assert checked(response(200), {"a": 1}) == {"a": 1}
    for status, answer in ((429, BUSY), (503, {"replies": [BUSY]})):
        with pytest.raises(Ended) as ended:
            checked(response(status), answer)
        assert ended.value.retry_ms == 500
    for answer in (NO, {"replies": [NO]}):
        with pytest.raises(Refused) as refused:
            checked(response(400), answer)
        assert refused.value.code == "bad_room"
    for status, answer in ((500, NO), (404, "<html>"), (200, [])):
        with pytest.raises(Ended):
            checked(response(status), answer)
