"""Messages of IRC: every line is read, or refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.irc.messages import BadLine, Message, parse

TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40)
WORD = TEXT.filter(lambda text: text and " " not in text and not text.startswith(":"))
KEY = st.from_regex(r"\+?[a-z]{1,9}(/[a-z-]{1,9})?", fullmatch=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"PING", Message("PING")),
        (b"ping :a b", Message("PING", ("a b",))),
        (b"  JOIN   #a  key ", Message("JOIN", ("#a", "key"))),
        (b":who PRIVMSG #a ::)", Message("PRIVMSG", ("#a", ":)"))),
        (b"PRIVMSG #a :", Message("PRIVMSG", ("#a", ""))),
        (
            b"@label=a;+x/y=b\\sc\\: TAGMSG #a",
            Message("TAGMSG", ("#a",), "", {"label": "a", "+x/y": "b c;"}),
        ),
        (b"@a;b= X", Message("X", (), "", {"a": "", "b": ""})),
        (b"@bad~key=1 X", Message("X")),
        (b"X " + b" ".join([b"a"] * 16), Message("X", (*["a"] * 14, "a a"))),
    ],
)  # fmt: skip
def test_a_line_is_read(line: bytes, message: Message) -> None:
    assert parse(line) == message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"PRIVMSG #a :\xff", "INVALID_UTF8"),
        (b"PRIVMSG #a :\0", "INVALID_MESSAGE"),
        (b"PRIVMSG #a :a\rQUIT", "INVALID_MESSAGE"),
        (b"", "INVALID_MESSAGE"),
        (b":only.a.source", "INVALID_MESSAGE"),
        (b"@a=b", "INVALID_MESSAGE"),
        (b"F-0 a", "INVALID_MESSAGE"),
        (b"X " + b"a" * 509, "INPUT_TOO_LONG"),
        (b"@a=" + b"a" * 4093 + b" X", "INPUT_TOO_LONG"),
    ],
)
def test_a_line_that_is_none_is_refused(line: bytes, code: str) -> None:
    with pytest.raises(BadLine) as caught:
        parse(line)
    assert caught.value.code == code


def test_a_line_may_be_as_long_as_it_may() -> None:
    assert len(parse(b"X " + b"a" * 508)[0]) == 508
    assert len(parse(b"@a=" + b"a" * 4092 + b" X").tags["a"]) == 4092


@given(
    command=st.from_regex("[A-Z]{1,9}", fullmatch=True),
    middle=st.lists(WORD, max_size=13),
    last=TEXT,
    tags=st.dictionaries(KEY, TEXT, max_size=3),
)
def test_what_is_written_is_read_as_the_same(
    command: str, middle: list[str], last: str, tags: dict[str, str]
) -> None:
    message = Message(command, (*middle, last), "", tags)
    encoded = message.encode()
    assert encoded.endswith(b"\r\n") and encoded.count(b"\n") == 1
    try:
        assert parse(encoded[:-2]) == message
    except BadLine as error:
        assert error.code == "INPUT_TOO_LONG"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    try:
        parse(line)
    except BadLine as error:
        assert error.message


@given(st.lists(st.text(max_size=20), max_size=4))
def test_nothing_in_a_message_makes_two_lines_of_it(params: list[str]) -> None:
    clean = [param.encode("utf-8", "ignore").decode() for param in params]
    encoded = Message("X", tuple(clean), "a", {"t": "".join(clean)}).encode()
    assert encoded.count(b"\n") == encoded.count(b"\r") == 1 and b"\0" not in encoded
