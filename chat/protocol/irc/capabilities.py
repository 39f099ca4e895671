"""The capabilities that an IRC client may ask for (IRCv3 capability negotiation, 302). Pure."""

from collections.abc import Collection, Mapping
from typing import Final

TAGS: Final = "message-tags"
TIME: Final = "server-time"
ACCOUNT: Final = "account-tag"
ECHO: Final = "echo-message"
LABELS: Final = "labeled-response"
BATCH: Final = "batch"
AWAY: Final = "away-notify"
EXTENDED_JOIN: Final = "extended-join"
HOSTS: Final = "userhost-in-names"
INVITED: Final = "invite-notify"
SETNAME: Final = "setname"
SASL: Final = "sasl"
REPLIES: Final = "standard-replies"
HISTORY: Final = "draft/chathistory"
EVENTS: Final = "draft/event-playback"
MARKER: Final = "draft/read-marker"
MULTILINE: Final = "draft/multiline"
REDACTION: Final = "draft/message-redaction"

# The most messages in an answer to CHATHISTORY: as many as a page of history has at most.
MAX_HISTORY: Final = 200
# What a message may have, of four bytes a character; the service refuses longer ones.
MAX_MULTILINE_BYTES: Final = 16_000
MAX_MULTILINE_LINES: Final = 200

# Their values, which are shown to clients that know of values.
KNOWN: Final[Mapping[str, str]] = {
    TAGS: "",
    TIME: "",
    ACCOUNT: "",
    "account-notify": "",
    ECHO: "",
    LABELS: "",
    BATCH: "",
    AWAY: "",
    "cap-notify": "",
    EXTENDED_JOIN: "",
    INVITED: "",
    "multi-prefix": "",
    HOSTS: "",
    SASL: "PLAIN",
    SETNAME: "",
    REPLIES: "",
    HISTORY: "",
    EVENTS: "",
    MARKER: "",
    MULTILINE: f"max-bytes={MAX_MULTILINE_BYTES},max-lines={MAX_MULTILINE_LINES}",
    REDACTION: "",
}


def listed(*, has_values: bool) -> str:
    """Return all capabilities in one line, as CAP LS has them."""
    return " ".join(
        f"{name}={value}" if value and has_values else name for name, value in KNOWN.items()
    )


def changed(current: Collection[str], asked: str) -> frozenset[str] | None:
    """Return the capabilities after a CAP REQ; None if it asks for one that there is not.

    All of a request are taken, or none.
    """
    caps = set(current)
    for word in asked.split():
        name = word.removeprefix("-")
        if name not in KNOWN:
            return None
        if word.startswith("-"):
            caps.discard(name)
        else:
            caps.add(name)
    return frozenset(caps)
