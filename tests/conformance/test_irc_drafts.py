"""IRCv3 drafts: history, read markers, several lines, redaction, reactions

https://ircv3.net/irc: those that docs/irc.md lists.
"""

import pytest

from tests.conformance.irc_cases import Case, ids, play
from tests.irc.conftest import IrcServer, server
from tests.support.aio import in_a_loop
from tests.support.irc import MODERN

__all__ = ["server"]

HISTORY = "draft/chathistory batch message-tags server-time"
LINES = "draft/multiline batch message-tags"
OLD, NEW = (f"timestamp={year}-01-01T00:00:00.000Z" for year in (2020, 2099))
CASES = [
    Case(
        "chathistory: LATEST",
        ["PRIVMSG {chan} 1", "PRIVMSG {chan} 2", "CHATHISTORY LATEST {chan} * 1"],
        ["BATCH \\+", "batch=.* PRIVMSG {chan} 2", "BATCH -"],
        never="PRIVMSG {chan} 1",
        caps=HISTORY,
    ),
    Case(
        "chathistory: AFTER a time",
        ["PRIVMSG {chan} 1", f"CHATHISTORY AFTER {{chan}} {OLD} 9"],
        ["batch=.* PRIVMSG {chan} 1"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: BEFORE a time",
        ["PRIVMSG {chan} 1", f"CHATHISTORY BEFORE {{chan}} {OLD} 9"],
        ["BATCH \\+", "BATCH -"],
        never="PRIVMSG {chan} 1",
        caps=HISTORY,
    ),
    Case(
        "chathistory: BETWEEN two times",
        [
            "PRIVMSG {chan} 1",
            f"CHATHISTORY BETWEEN {{chan}} {OLD} {NEW} 9",
        ],
        ["batch=.* PRIVMSG {chan} 1"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: AROUND a time",
        ["PRIVMSG {chan} 1", f"CHATHISTORY AROUND {{chan}} {OLD} 9"],
        ["batch=.* PRIVMSG {chan} 1"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: TARGETS",
        [
            "PRIVMSG {chan} 1",
            f"CHATHISTORY TARGETS {OLD} {NEW} 50",
        ],
        ["BATCH \\+\\S+ draft/chathistory-targets", "CHATHISTORY TARGETS {chan} \\S+Z", "BATCH -"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: of a talk",
        ["PRIVMSG {you} secret", "CHATHISTORY LATEST {you} * 5"],
        ["batch=.* PRIVMSG {you} secret"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: no such command",
        ["CHATHISTORY WHAT {chan} * 5"],
        [" FAIL CHATHISTORY INVALID_PARAMS WHAT "],
        caps=HISTORY,
    ),
    Case(
        "chathistory: no such channel",
        ["CHATHISTORY LATEST {chan}none * 5"],
        [" FAIL CHATHISTORY INVALID_TARGET LATEST {chan}none :"],
        caps=HISTORY,
    ),
    Case(
        "chathistory: no such message",
        ["CHATHISTORY AFTER {chan} msgid=x 5"],
        [" FAIL CHATHISTORY INVALID_PARAMS AFTER {chan} :"],
        caps=HISTORY,
    ),
    Case(
        "event-playback",
        ["TOPIC {chan} tea", "CHATHISTORY LATEST {chan} * 20"],
        ["BATCH \\+", "batch=.* JOIN {chan}", "batch=.* TOPIC {chan} tea", "BATCH -"],
        caps=f"{HISTORY} draft/event-playback",
    ),
    Case(
        "read-marker: none yet",
        ["MARKREAD {chan}none"],
        ["MARKREAD {chan}none \\*"],
        caps="draft/read-marker",
    ),
    Case(
        "read-marker: before the end of the names",
        ["JOIN {chan}r"],
        ["JOIN {chan}r", "MARKREAD {chan}r \\*", " 366 "],
        caps="draft/read-marker",
    ),
    Case(
        "read-marker: set",
        ["PRIVMSG {chan} 1", f"MARKREAD {{chan}} {NEW}"],
        ["MARKREAD {chan} timestamp=\\S+Z"],
        caps="draft/read-marker",
    ),
    Case(
        "read-marker: no time",
        ["MARKREAD {chan} timestamp=soon"],
        [" FAIL MARKREAD INVALID_PARAMS {chan} :"],
        caps="draft/read-marker",
    ),
    Case(
        "read-marker: no target",
        ["MARKREAD"],
        [" FAIL MARKREAD NEED_MORE_PARAMS :"],
        caps="draft/read-marker",
    ),
    Case(
        "multiline",
        [
            "BATCH +1 draft/multiline {chan}",
            "@batch=1 PRIVMSG {chan} one",
            "@batch=1 PRIVMSG {chan} two",
            "BATCH -1",
        ],
        [],
        [
            "BATCH \\+(\\S+) draft/multiline {chan}",
            "batch=\\S+ .*PRIVMSG {chan} one",
            "batch=\\S+ .*PRIVMSG {chan} two",
            "BATCH -",
        ],
        caps=LINES,
        your_caps=LINES,
    ),
    Case(
        "multiline: for others a line each",
        [
            "BATCH +1 draft/multiline {chan}",
            "@batch=1 PRIVMSG {chan} one",
            "@batch=1 PRIVMSG {chan} two",
            "BATCH -1",
        ],
        [],
        ["^:\\S+ PRIVMSG {chan} one", "^:\\S+ PRIVMSG {chan} two"],
        caps=LINES,
    ),
    Case(
        "multiline: pieces of one line",
        [
            "BATCH +1 draft/multiline {chan}",
            "@batch=1 PRIVMSG {chan} :to",
            "@batch=1;draft/multiline-concat PRIVMSG {chan} gether",
            "BATCH -1",
        ],
        [],
        ["PRIVMSG {chan} together"],
        caps=LINES,
    ),
    Case(
        "multiline: nothing to join",
        [
            "BATCH +1 draft/multiline {chan}",
            "@batch=1 PRIVMSG {chan} a",
            "@batch=1;draft/multiline-concat PRIVMSG {chan} :",
            "BATCH -1",
        ],
        [" FAIL BATCH MULTILINE_INVALID :"],
        caps=LINES,
    ),
    Case(
        "multiline: another target",
        ["BATCH +1 draft/multiline {chan}", "@batch=1 PRIVMSG {you} a"],
        [" FAIL BATCH MULTILINE_INVALID :"],
        caps=LINES,
    ),
    Case(
        "multiline: too many lines",
        ["BATCH +1 draft/multiline {chan}", *["@batch=1 PRIVMSG {chan} a"] * 201],
        [" FAIL BATCH MULTILINE_MAX_LINES 200 :"],
        caps=LINES,
    ),
    Case(
        "message-redaction: no such message",
        ["REDACT {chan} x"],
        [" FAIL REDACT UNKNOWN_MSGID {chan} x :"],
        caps=MODERN,
    ),
    Case(
        "message-redaction: no such channel",
        ["REDACT {chan}none x"],
        [" FAIL REDACT INVALID_TARGET {chan}none :"],
        caps=MODERN,
    ),
    Case(
        "typing",
        ["@+typing=active TAGMSG {chan}"],
        [],
        ["^@\\+typing=active :{me}!\\S+ TAGMSG {chan}"],
        caps=MODERN,
        your_caps="message-tags",
    ),
    Case(
        "react: takes a message",
        ["@+draft/react=x TAGMSG {chan}", "PING x"],
        [" PONG "],
        caps=MODERN,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
@in_a_loop(10)
async def test_rule(server: IrcServer, case: Case) -> None:
    await play(server, case)
