"""The framings of an instance: one for each set of capabilities that changes lines."""

from collections.abc import Callable
from typing import Final

from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.nicks import Nicks
from chat.transports.irc.framing import IrcFraming

_RELEVANT: Final = frozenset(
    {
        caps.TAGS, caps.TIME, caps.ACCOUNT, caps.EXTENDED_JOIN, caps.BATCH, caps.MULTILINE,
        caps.REDACTION, caps.INVITED,
    }
)  # fmt: skip


class Framings:
    """Makes a framing when the first client asks for it."""

    def __init__(
        self, nicks: Nicks, has_account: Callable[[str], bool], files_url: str = ""
    ) -> None:
        self._nicks = nicks
        self._has_account = has_account
        self._files_url = files_url
        self._framings: dict[frozenset[str], IrcFraming] = {}

    def of(self, enabled: frozenset[str]) -> IrcFraming:
        relevant = enabled & _RELEVANT
        framing = self._framings.get(relevant)
        if framing is None:
            framing = self._framings[relevant] = IrcFraming(
                relevant, self._nicks, self._has_account, self._files_url
            )
        return framing
