import asyncio
import os

import pytest

from chat.client.terminal import Lines, line_of, printable
from tests.support.aio import in_a_loop


@pytest.mark.parametrize(
    "evil",
    ["\x1b", "\x07", "\x9b", "\r", "\b", "\x7f", "\0", "\u202e", "\u2066", "\u2028", "\ud800"],
)
def test_nothing_that_steers_a_terminal_is_printed(evil: str) -> None:
    assert printable(f"a{evil}b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("text", ["Grüße", "日本語", "👩\u200d🚀", "שלום", "a b"])
def test_what_people_write_is_printed(text: str) -> None:
    assert printable(text) == text


def test_further_lines_are_indented_so_that_nobody_can_speak_for_another() -> None:
    message = {
        "time": "2026-11-22T12:00:00.000Z",
        "name": "Ann\x1b",
        "text": "one\n12:01 Bob: two",
    }
    line = line_of(message)
    assert line[5:] == " Ann\N{REPLACEMENT CHARACTER}: one\n      12:01 Bob: two"


@in_a_loop(5)
async def test_lines_come_whole_from_a_pipe_whatever_its_pieces() -> None:
    reading, writing = os.pipe()
    lines = Lines(reading)
    for piece in (b"one\r\ntw", b"o\n", "ä".encode()[:1], "ä".encode()[1:]):
        await asyncio.to_thread(os.write, writing, piece)
    os.close(writing)
    assert [await lines.next() for _ in range(4)] == ["one", "two", "ä", None]
    os.close(reading)
