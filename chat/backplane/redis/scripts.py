"""Runs Lua scripts, and parses the fields of stream entries."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from chat.backplane.redis.store import Store


class Script:
    """A Lua script: called by its digest, and sent whole if Redis has not cached it."""

    def __init__(self, name: str) -> None:
        self.source = files("chat.backplane.redis").joinpath(name).read_text()
        self._digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    async def load(self, client: Any) -> None:
        """Load the script into Redis, in a cluster into all nodes."""
        await client.script_load(self.source)

    async def run(self, store: Store, names: Sequence[str], *args: Any) -> Any:
        """Run the script and return its result. Raises Unavailable."""
        try:
            return await store.run("EVALSHA", self._digest, len(names), *names, *args)
        except NoScriptError:
            return await store.run("EVAL", self.source, len(names), *names, *args)


def fields_of(answer: Any) -> dict[bytes, bytes]:
    """Return an entry's fields; redis-py gives them as a flat list or as a mapping."""
    if isinstance(answer, dict):
        return answer
    return dict(zip(answer[::2], answer[1::2], strict=True))
