"""Names, changes of messages, cursors, and forwarded addresses."""

import json
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from chat.protocol.codes import Code
from tests.security.endpoints import Endpoint
from tests.security.fuzz.rounds import rounds
from tests.security.fuzz.target import Target
from tests.security.fuzz.test_wire import SHARE

EXAMPLES = 80

# Look-alike letters, marks, joiners, direction controls, invisible characters, emoji and parts.
CHARACTERS = st.sampled_from(
    "aAlI1oO0 .-_·@/<&'\"\\"
    "\u0430\u0410\u03bf\u0406\u04cf\uff21\U0001d400\u00e9\u0301\u0316\u0323\u034f\u093c\u0941\u0e33"
    "\u200b\u200c\u200d\u200e\u202e\u2066\u2069\ufeff\ufe0f\U000e0100\u115f\u3164\u2800\u17b4\u180b"
    "\U0001f468\U0001f3fd\U0001f1e9\U0001f1ea\u20e3\U000e0067\u0627\u06cc\u1100\u1161\u11a8\ufdfa"
)
NAMES = st.text(CHARACTERS, max_size=40) | st.text(max_size=140)


def test_names(target: Target) -> None:
    @given(NAMES)
    def name(name: str) -> None:
        body = f"name={quote(name.encode('utf-8', 'surrogatepass'))}".encode()
        request = Endpoint("POST", "/login").with_body(body, "Accept: application/json")
        status, answer = target.ask(request)
        assert status in (200, 400, 403, 413), answer  # 403: reserved
        if status == 200:  # an accepted name is accepted again, unchanged
            taken = json.loads(answer.partition(b"\r\n\r\n")[2])["name"]
            again = Endpoint("POST", "/login").with_body(
                f"name={quote(taken)}".encode(), "Accept: application/json"
            )
            status, answer = target.ask(again)
            assert status == 200 and json.loads(answer.partition(b"\r\n\r\n")[2])["name"] == taken
        target.is_well()

    rounds(name, share=SHARE, examples=EXAMPLES)


EMOJI = st.sampled_from(
    [
        "\U0001f44d",
        "\U0001f44d\ufe0f",
        "\u2764",
        "\u2764\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f1e9\U0001f1ea",
    ]
) | st.text(CHARACTERS, max_size=34)
CHANGES = st.one_of(
    st.fixed_dictionaries({"type": st.just("delete")}),
    st.fixed_dictionaries({"type": st.just("edit"), "text": st.text(CHARACTERS, max_size=20)}),
    st.fixed_dictionaries({"type": st.just("react"), "emoji": EMOJI, "on": st.booleans()}),
)


def test_changes_of_messages(target: Target) -> None:
    """A deleted message stays deleted, whatever follows."""
    count = 0

    @given(st.lists(CHANGES, max_size=6))
    def changes(changes: list[dict[str, object]]) -> None:
        nonlocal count
        count += 1
        guest = target.guest()
        said = {"type": "send", "room": "general", "text": f"secret {count}", "key": f"c{count}"}
        (reply,) = guest.command(said)
        offset, is_deleted = reply["offset"], False
        for change in changes:
            (reply,) = guest.command({**change, "room": "general", "offset": offset})
            assert reply["type"] == "ok" or reply["code"] in set(Code), reply
            if is_deleted and change["type"] != "delete":
                assert reply["type"] == "error", (change, reply)
            is_deleted = is_deleted or (change["type"] == "delete" and reply["type"] == "ok")
        query = f"after={offset - 1}&limit=1"
        status, answer = target.ask(
            Endpoint("GET", f"/api/rooms/general/messages?{query}").head(guest.cookie)
        )
        assert status == 200
        if is_deleted:
            assert f"secret {count}".encode() not in answer
            (message,) = json.loads(answer.partition(b"\r\n\r\n")[2])["messages"]
            assert not message.get("text") and not message.get("reactions")
        target.is_well()

    rounds(changes, share=SHARE, examples=EXAMPLES)


OFFSETS = st.sampled_from([0, 1, 2, 7, 2**31, 2**53 - 1, 2**53, -1, 10**30]) | st.integers(0, 50)


def test_cursors_in_a_room_that_is_there(target: Target) -> None:
    guest = target.guest()
    (said,) = guest.command({"type": "send", "room": "general", "text": "x", "key": "cursors"})
    epochs = st.sampled_from([said["epoch"], said["epoch"].upper(), "e", "", "0" * 17])
    rooms = st.sampled_from(["general", "nowhere", "General", "general ", ""])
    one = st.builds("{}:{}:{}".format, rooms, epochs, OFFSETS)
    cursors = st.lists(one, max_size=3).map(",".join) | st.lists(one, max_size=3).map(";".join)

    @given(cursors, st.sampled_from(["cursor", "lastEventId", "body"]), st.booleans())
    def cursor(cursor: str, where: str, is_hello: bool) -> None:
        hello = "&hello=1" * is_hello
        if where == "body":
            body = json.dumps({"cursor": cursor}).encode()
            request = Endpoint("POST", f"/poll?hold_s=0{hello}").with_body(body, guest.cookie)
        else:
            path = f"/poll?hold_s=0&{where}={quote(cursor)}{hello}"
            request = Endpoint("GET", path).head(guest.cookie)
        status, answer = target.ask(request)
        assert status in (200, 400, 404, 413), answer
        target.is_well()

    rounds(cursor, share=SHARE, examples=EXAMPLES)


NODES = st.sampled_from(
    [
        "203.0.113.7",
        "203.0.113.7:51234",
        "[2001:db8::1]:4711",
        "2001:db8::1",
        "::ffff:192.0.2.1",
        "fe80::1%eth0",
        "unknown",
        "_hidden",
        "1.2.3",
        "1.2.3.4.5",
        "[::1",
        "::1]",
        "",
        " ",
        '"[::1]"',
        "256.1.1.1",
        "0x7f.1",
        "127.0.0.1",
        "\xe9",
        ",",
        ":",
        "[]",
        "1.2.3.4:99999",
        "[::]:",
        "x" * 300,
    ]
)
LINES = st.lists(st.lists(NODES, max_size=5).map(", ".join), max_size=4)


def test_forwarded_addresses(target: Target) -> None:
    @given(LINES, st.sampled_from(["X-Forwarded-For", "x-forwarded-for", "X-Forwarded-Proto"]))
    def forwarded(lines: list[str], name: str) -> None:
        request = Endpoint("GET", "/api/rooms").head(*(f"{name}: {line}" for line in lines))
        status, answer = target.ask(request)
        assert status == 200, answer
        target.is_well()

    rounds(forwarded, share=SHARE, examples=EXAMPLES)
