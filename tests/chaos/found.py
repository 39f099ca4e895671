"""Judges what the search finds after the faults: each message that is there, once, and no other.

An index is the work of a follower. Instances that share a folder share one, which one of them
writes; some were killed while they did.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from tests.support.client import LOBBY, Client
from tests.support.wire import TRANSPORTS

# Another instance takes over within 30 s of a death, and then reads what it lacks.
UP_TO_DATE_S: Final = 40.0
AGAIN_S: Final = 0.5
PAGE: Final = 50


@dataclass
class Found:
    """How many messages each instance should find, and what is wrong with what it finds."""

    messages: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.messages} messages to be found, {len(self.faults)} not found, or wrongly"


async def judge(clients: Sequence[Client]) -> Found:
    """Search by ``clients``, one at each instance, until all find all, or it takes too long."""
    there = await _there(clients[0])
    verdict = Found(len(there))
    deadline = time.monotonic() + UP_TO_DATE_S
    for client in clients:
        while (faults := compare(there, await _found(client))) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(AGAIN_S)
        verdict.faults += [f"{client.url}: {fault}" for fault in faults]
    return verdict


def compare(there: Mapping[int, str], found: Sequence[tuple[int, str]]) -> list[str]:
    """Return how ``found`` differs from the messages that are ``there``, by their offsets."""
    counts = Counter(found)
    missing = [f"{text} is not found" for place, text in there.items() if not counts[place, text]]
    twice = [f"{text} is found {count} times" for (_, text), count in counts.items() if count > 1]
    others = counts.keys() - set(there.items())
    return missing + twice + [f"{text} is found, and is not there" for _, text in sorted(others)]


async def _there(client: Client) -> dict[int, str]:
    """Return the texts of the lobby's messages, by offset, as history has them."""
    there: dict[int, str] = {}
    page: dict[str, Any] = {"more": True}
    while page["more"]:
        before = {"before": min(there)} if there else {}
        page = await _get(client, f"/api/rooms/{LOBBY}/messages", limit=200, **before)
        there |= {one["offset"]: one["text"] for one in page["messages"] if not one.get("deleted")}
        if not page["messages"]:
            break
    return there


async def _found(client: Client) -> list[tuple[int, str]]:
    """Return offset and text of all that the search finds; writers begin with their transport."""
    found: list[tuple[int, str]] = []
    for transport in (*TRANSPORTS, "irc"):
        page: dict[str, Any] = {"more": True}
        while page["more"]:
            before = {"before": page["before"]} if "before" in page else {}
            asked = {"q": transport, "room": LOBBY, "limit": PAGE, **before}
            page = await _get(client, "/api/search", **asked)
            found += [(one["offset"], one["text"]) for one in page["results"]]
    return found


async def _get(client: Client, path: str, **query: object) -> dict[str, Any]:
    answer = await client.get(f"{path}?{urlencode(query)}")
    while answer.code == 503:  # an index that is just being opened
        await asyncio.sleep(AGAIN_S)
        answer = await client.get(f"{path}?{urlencode(query)}")
    assert answer.code == 200, answer.body
    decoded: dict[str, Any] = json.loads(answer.body)
    return decoded
