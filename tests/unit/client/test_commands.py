import asyncio
import random
from collections.abc import Iterable
from typing import Any

import pytest

from chat.client.commands import Commands, succeeded
from chat.client.positions import Push
from chat.client.transports.transport import Ended
from chat.errors import Refused, Unavailable
from tests.unit.client.fakes import run

OK: Push = {"type": "ok", "offset": 7}
BUSY: Push = {"type": "error", "code": "rate_limited", "message": "Wait.", "retry_ms": 1000}
NO: Push = {"type": "error", "code": "empty", "message": "Say something."}


class FakeConnection:
    """Gives these answers, one after the other; an exception is raised."""

    def __init__(self, answers: Iterable[Push | Exception]) -> None:
        self.answers = iter(answers)
        self.asked: list[Push] = []

    async def ask(self, command: Push) -> Push:
        self.asked.append(command)
        await asyncio.sleep(0.01)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def commands(*answers: Push | Exception) -> tuple[Commands, FakeConnection]:
    connection: Any = FakeConnection(answers)

    async def connected() -> Any:
        return connection

    http: Any = None
    return Commands(connected, http, random.Random(1)), connection


def test_a_message_is_sent_with_the_same_key_until_there_is_an_answer() -> None:
    async def test() -> None:
        sender, connection = commands(Ended("gone"), OSError(), BUSY, OK)
        assert await sender.send("dev", "hello", "k") == OK
        assert len(connection.asked) == 4
        assert {command["key"] for command in connection.asked} == {"k"}
        assert asyncio.get_running_loop().time() >= 1, "as long as the server asked for"

    run(test)


def test_a_message_that_is_sent_again_does_not_follow_a_later_one() -> None:
    async def test() -> None:
        sender, connection = commands(Ended("gone"), OK, OK)
        await asyncio.gather(sender.send("dev", "one", "1"), sender.send("dev", "two", "2"))
        assert [command["text"] for command in connection.asked] == ["one", "one", "two"]

    run(test)


def test_what_the_server_rejects_is_not_repeated_and_other_commands_are_sent_once() -> None:
    async def test() -> None:
        sender, connection = commands(NO, Ended("gone"))
        with pytest.raises(Refused):
            await sender.send("dev", " ", "k")
        with pytest.raises(Unavailable):
            await sender.ask({"type": "join", "room": "dev"})
        assert len(connection.asked) == 2

    run(test)


def test_an_error_is_raised_by_what_the_caller_can_do_about_it() -> None:
    assert succeeded(OK) == OK
    with pytest.raises(Refused) as refused:
        succeeded(NO)
    assert (refused.value.code, refused.value.message) == ("empty", "Say something.")
    with pytest.raises(Unavailable) as unavailable:
        succeeded(BUSY)
    assert (unavailable.value.code, unavailable.value.retry_ms) == ("rate_limited", 1000)
