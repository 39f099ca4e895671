"""Bytes become lines, however they are cut; what has no end is given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.irc.lines import MAX_BYTES, MAX_SKIPPED_BYTES, LineReader, TooMuch


@given(st.lists(st.binary(max_size=30)), st.lists(st.integers(0, 200)))
def test_lines_are_the_same_in_whatever_pieces_they_come(
    lines: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(line + b"\r\n" for line in lines)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    reader, whole = LineReader(), LineReader()
    found = []
    for begin, end in zip(places, places[1:], strict=False):
        found += reader.receive(data[begin:end])
    assert found == whole.receive(data)


def test_lf_ends_a_line_with_or_without_cr() -> None:
    assert LineReader().receive(b"a\r\nb\n\nc") == [b"a", b"b", b""]


def test_a_line_that_is_too_long_is_skipped_and_the_next_is_read() -> None:
    reader = LineReader()
    assert reader.receive(b"a" * MAX_BYTES + b"\n") == [b"a" * MAX_BYTES]
    assert reader.receive(b"a" * (MAX_BYTES + 1)) == []
    assert reader.receive(b"a\nb\n") == [None, b"b"]


def test_nobody_sends_for_ever_without_a_line_end() -> None:
    reader = LineReader()
    assert reader.receive(b"a" * MAX_SKIPPED_BYTES) == []
    with pytest.raises(TooMuch):
        reader.receive(b"a")
