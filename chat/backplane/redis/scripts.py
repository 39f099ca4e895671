"""Lua scripts, and the form in which Redis gives a stream's entries."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from chat.backplane.redis.store import Store


class Script:
    """A Lua script: sent by its digest, and whole where Redis does not know it (any more)."""

    def __init__(self, name: str) -> None:
        self.source = files("chat.backplane.redis").joinpath(name).read_text()
        self._digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    async def load(self, client: Any) -> None:
        """Have Redis know the script, all of a cluster's nodes too."""
        await client.script_load(self.source)

    async def run(self, store: Store, names: Sequence[str], *args: Any) -> Any:
        """Return what the script gives. Raises Unavailable."""
        try:
            return await store.run("EVALSHA", self._digest, len(names), *names, *args)
        except NoScriptError:
            return await store.run("EVAL", self.source, len(names), *names, *args)


def fields_of(answer: Any) -> dict[bytes, bytes]:
    """Return an entry's fields, which come as a list or, parsed by redis-py, as a mapping."""
    return (
        dict(answer)
        if isinstance(answer, dict)
        else dict(zip(answer[::2], answer[1::2], strict=True))
    )
