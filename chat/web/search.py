"""The HTTP API of the search."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chat.requests.handler import Handler
from chat.rooms.folding import Message

DEFAULT_LIMIT: Final = 20
# Each result is read from the log.
MAX_LIMIT: Final = 50


class FoundMessage(Message, kw_only=True):
    """A message that was found; every second piece of ``excerpt`` is a match."""

    excerpt: Sequence[str]


class SearchResults(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Results, the newest first; if there are ``more``, they go on with ``before``."""

    results: Sequence[FoundMessage]
    more: bool
    before: str = ""
    is_building: bool = False  # the index is not complete yet: older messages may be missing


class SearchHandler(Handler):
    """Finds messages in all rooms that the user may read."""

    async def get(self) -> None:
        limit, search = self.whole_number("limit"), self.dependencies.service.search
        assert search is not None  # else there is no such route
        found = await search.find(
            self.person.user,
            self.argument("q"),
            room=self.argument("room"),
            author=self.argument("user"),
            before=self.argument("before"),
            limit=max(1, min(DEFAULT_LIMIT if limit is None else limit, MAX_LIMIT)),
            address=self.address,
        )
        self.send_json(
            SearchResults(
                results=[
                    FoundMessage(excerpt=excerpt, **msgspec.structs.asdict(message))
                    for message, excerpt in found.results
                ],
                more=found.before is not None,
                before=found.before or "",
                is_building=not found.is_complete,
            )
        )
