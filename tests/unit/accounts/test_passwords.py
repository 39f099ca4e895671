"""Passwords are hashed apart from the event loop, and compare as people type them."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from chat.accounts import passwords
from chat.accounts.passwords import MAX_BYTES, MIN_CHARACTERS, Passwords, prepared, prepared_new
from chat.errors import InvalidInput, Unavailable
from chat.protocol.codes import Code

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def quick() -> Iterator[Passwords]:
    found = Passwords(QUICK)
    yield found
    found.stop()


def code_of(password: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        prepared_new(password)
    return caught.value.code


def test_a_password_has_8_characters_to_1024_bytes() -> None:
    for length in (MIN_CHARACTERS, MAX_BYTES):
        assert len(prepared_new("x" * length)) == length
    assert code_of("é" * (MIN_CHARACTERS - 1)) == Code.BAD_COMMAND
    assert code_of("x" * (MAX_BYTES + 1)) == Code.TOO_LONG
    assert code_of("é" * (MAX_BYTES // 2 + 1)) == Code.TOO_LONG
    assert code_of("") == Code.EMPTY


def test_it_is_the_same_however_a_keyboard_composes_it() -> None:
    assert prepared("caf\u00e9 au lait") == prepared("cafe\u0301\u00a0au\u3000lait")
    assert prepared("Case counts") != prepared("case counts")


@pytest.mark.parametrize("password", ["with\x00nul..", "line\nbreak", "lone \ud800 surrogate"])
def test_control_characters_are_refused(password: str) -> None:
    assert code_of(password) == Code.BAD_COMMAND


async def checked(passwords: Passwords) -> None:
    hash_ = await passwords.hash(b"correct horse")
    assert hash_.startswith("$argon2id$") and "correct" not in hash_
    assert await passwords.verify(hash_, b"correct horse")
    assert not await passwords.verify(hash_, b"wrong horse")
    for nobodys in ("", "no hash", "$argon2id$v=19$broken"):
        assert not await passwords.verify(nobodys, b"correct horse")
    assert not passwords.needs_rehash(hash_)


def test_a_hash_is_of_its_password_alone(quick: Passwords) -> None:
    asyncio.run(checked(quick))


def test_the_parameters_are_the_second_recommendation_of_rfc_9106() -> None:
    passwords = Passwords()
    hash_ = asyncio.run(passwords.hash(b"correct horse"))
    passwords.stop()
    assert hash_.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_hash_of_other_parameters_is_to_be_made_again(quick: Passwords) -> None:
    other = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x")
    assert quick.needs_rehash(other)


def test_only_so_many_wait() -> None:
    is_on = threading.Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            is_on.wait(10)
            return ""

    async def scenario() -> None:
        slow = Passwords(Slow())
        waiting = [asyncio.ensure_future(slow.hash(b"x")) for _ in range(passwords.MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as caught:
            await slow.hash(b"x")
        assert caught.value.retry_ms
        is_on.set()
        await asyncio.gather(*waiting)
        assert await slow.hash(b"x") == ""
        slow.stop()

    asyncio.run(scenario())
