"""Frames, commands, cursors, bodies, queries and heads of any kind."""

import json
import struct
from urllib.parse import quote, quote_from_bytes

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.codes import Code
from chat.protocol.commands import TYPES
from tests.security.endpoints import ANYWHERE, SOCKETS, WRITES, Endpoint
from tests.security.fuzz.rounds import rounds
from tests.security.fuzz.target import SILENCE_S, Target

SHARE = 14  # the tests that share the time: all of this folder, with test_api.py as one

ROOMS = st.sampled_from(["general", "dev", "nowhere", "__proto__", ""])
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, -1, 2**53 - 1, 2**53, 2**63, 1e308])
TEXTS = st.text(max_size=40) | st.text(st.characters(codec=None), max_size=10)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
# Commands with mostly valid fields, because all others are refused early.
COMMANDS = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(TYPES)) | TEXTS},
    optional={
        "id": st.integers(0, 9) | TEXTS | VALUES,
        "room": ROOMS | VALUES,
        "text": TEXTS | VALUES,
        "key": st.text("abc", min_size=1, max_size=3) | VALUES,
        "offset": st.integers(0, 9) | NUMBERS | VALUES,
        "emoji": st.sampled_from(["\U0001f44d\ufe0f", "\U0001f600"]) | VALUES,
        "on": st.booleans() | VALUES,
    },
)
EPOCHS = st.text("abc019", max_size=17)
CURSORS = (
    st.lists(st.builds("{}:{}:{}".format, ROOMS, EPOCHS, NUMBERS), max_size=4).map(",".join) | TEXTS
)
NAMES = st.sampled_from(
    ["cursor", "session", "room", "hello", "hold_s", "heartbeat_s", "before", "after", "limit", "c"]
)
FRAMES = st.builds(
    lambda head, mask, payload, said: (
        bytes([head, mask << 7 | (len(payload) if said is None else said)])
        + (bytes(4) if mask else b"")
        + payload
    ),
    st.sampled_from([0x81, 0x01, 0x80, 0x00, 0x82, 0x88, 0x89, 0x8A]) | st.integers(0, 255),
    st.integers(0, 1) | st.just(1),
    st.binary(max_size=125) | COMMANDS.map(lambda it: json.dumps(it).encode()[:125]),
    st.none() | st.none() | st.integers(0, 127),
)


def encoded(value: object) -> bytes:
    """Return JSON as Python writes it, including NaN and lone surrogates."""
    return json.dumps(value).encode()


def escaped(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe=":,")


def test_frames(target: Target) -> None:
    @given(st.sampled_from(SOCKETS), st.lists(FRAMES, max_size=8))
    def frames(path: str, sent: list[bytes]) -> None:
        target.speak(path, b"".join(sent))
        target.is_well()

    rounds(frames, share=SHARE)


def test_bytes_in_the_place_of_frames(target: Target) -> None:
    @given(st.sampled_from(SOCKETS), st.binary(max_size=300))
    def bytes_for_frames(path: str, sent: bytes) -> None:
        target.speak(path, sent)
        target.is_well()

    rounds(bytes_for_frames, share=SHARE)


def test_commands(target: Target) -> None:
    @given(st.lists(COMMANDS, min_size=1, max_size=5))
    def commands(sent: list[dict[str, object]]) -> None:
        status, answer = target.ask(Endpoint("POST", "/send").with_body(encoded(sent)))
        assert status is not None and status < 500, answer
        if status == 200:
            replies = json.loads(answer.partition(b"\r\n\r\n")[2])["replies"]
            for reply in replies:
                assert reply["type"] in ("ok", "pong", "error")
                assert reply["type"] != "error" or reply["code"] in set(Code)
        frames = b"".join(
            struct.pack("!BBH", 0x81, 0xFE, len(text)) + bytes(4) + text
            for text in map(encoded, sent)
        )
        target.speak("/chat", frames)
        target.is_well()

    rounds(commands, share=SHARE)


def test_bodies(target: Target) -> None:
    bodies = st.binary(max_size=200) | VALUES.map(encoded) | COMMANDS.map(encoded)
    fields = st.dictionaries(NAMES | st.just("name"), CURSORS | VALUES, max_size=5)
    forms = fields.map(lambda it: "&".join(f"{n}={escaped(str(v))}" for n, v in it.items()))
    types = st.sampled_from(
        ["", "application/json", "application/x-www-form-urlencoded", "text/plain", "x"]
    )

    @given(st.sampled_from(WRITES), bodies | fields.map(encoded) | forms.map(str.encode), types)
    def any_body(to: Endpoint, body: bytes, type_: str) -> None:
        if to.path == "/poll":
            to = to._replace(path="/poll?hold_s=0")
        status, answer = target.ask(to.with_body(body, f"Content-Type: {type_}"), within_s=1)
        assert status is None or status < 500, answer
        target.is_well()

    rounds(any_body, share=SHARE)


def test_queries_and_last_event_ids(target: Target) -> None:
    values = CURSORS | ROOMS | NUMBERS.map(str) | TEXTS
    queries = st.lists(st.tuples(NAMES, values), max_size=5)
    last_ids = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)

    @given(st.sampled_from(ANYWHERE), queries, CURSORS.map(quote) | last_ids)
    def query(to: Endpoint, asked: list[tuple[str, str]], last_id: str) -> None:
        pairs = [("hold_s", "0")] if to.path.startswith("/poll") else []
        text = "&".join(f"{name}={escaped(value)}" for name, value in pairs + asked)
        path = f"{to.path.partition('?')[0]}?{text}"
        request = Endpoint(to.method, path).with_body(b"", f"Last-Event-ID: {last_id}")
        status, answer = target.ask(request, within_s=1)
        assert status is None or status < 500, answer
        target.is_well()

    rounds(query, share=SHARE)


def test_heads(target: Target) -> None:
    """Bytes of a request are removed, inserted or replaced."""
    requests = st.sampled_from(ANYWHERE).map(lambda to: to.with_body(b'{"type":"ping"}'))
    places = st.floats(0, 1)

    @given(
        requests, st.lists(st.tuples(places, st.integers(0, 9), st.binary(max_size=9)), max_size=3)
    )
    def head(request: bytes, changes: list[tuple[float, int, bytes]]) -> None:
        for place, cut, put in changes:
            at = int(place * len(request))
            request = request[:at] + put + request[at + cut :]
        status, answer = target.ask(request, within_s=SILENCE_S)
        assert status is None or status < 500, answer
        target.is_well()

    rounds(head, share=SHARE)
