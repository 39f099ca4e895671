"""Makes an export of Slack of any size: ``python -m tests.support.slack_export FILE MESSAGES``."""

import json
import random
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

DAY_ONE = datetime(2021, 3, 1, 9, tzinfo=UTC)
_TEXTS = (
    "Good morning, <@{user}>! The build is *green* again.",
    "See <https://example.org/a?b=1&amp;c=2|the notes> in <#{channel}|other> :tada:",
    "I don't think that this is right: `a &lt; b` and then ```x = 1\ny = 2```",
    "ok",
    "Could somebody have a look at this before the meeting, please? It is about the second point.",
)


def write_export(
    path: Path, *, messages: int, channels: int = 20, people: int = 100, days: int = 250
) -> None:
    """Write an export with so many messages, a third of them in threads, the same each time."""
    chance = random.Random(7)
    ids = [f"U{number:08}" for number in range(people)]
    rooms = [f"C{number:08}" for number in range(channels)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("users.json", json.dumps([_user(id) for id in ids]))
        file.writestr("channels.json", json.dumps([_channel(id, ids) for id in rooms]))
        each = -(-messages // (channels * days))
        left = messages
        for room in rooms:
            for day in range(days):
                count = min(each, left)
                left -= count
                written = [
                    _message(chance, day, number, ids, rooms, each) for number in range(count)
                ]
                if written:
                    name = (DAY_ONE + timedelta(days=day)).date().isoformat()
                    file.writestr(f"{_name(room)}/{name}.json", json.dumps(written))


def _name(room: str) -> str:
    return f"channel-{int(room[1:])}"


def _user(id: str) -> dict[str, Any]:
    name = f"person{int(id[1:])}"
    return {"id": id, "name": name, "profile": {"display_name": name.title()}}


def _channel(id: str, people: list[str]) -> dict[str, Any]:
    members = people[:50]
    return {"id": id, "name": _name(id), "members": members, "creator": members[0]}


def _ts(day: int, number: int, each: int) -> str:
    moment = DAY_ONE + timedelta(days=day, seconds=number * 36000 / each)
    return f"{moment.timestamp():.6f}"


def _message(
    chance: random.Random, day: int, number: int, ids: list[str], rooms: list[str], each: int
) -> dict[str, Any]:
    text = chance.choice(_TEXTS).format(user=chance.choice(ids), channel=chance.choice(rooms))
    message: dict[str, Any] = {
        "type": "message", "user": chance.choice(ids), "text": text, "ts": _ts(day, number, each),
    }  # fmt: skip
    if number % 3 == 1:
        message["thread_ts"] = _ts(day, number - 1, each)
    if chance.random() < 0.1:
        message["reactions"] = [{"name": "+1", "users": chance.sample(ids, 3), "count": 3}]
    return message


if __name__ == "__main__":
    write_export(Path(sys.argv[1]), messages=int(sys.argv[2]))
