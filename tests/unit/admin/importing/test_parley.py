"""Rooms that another Parley has written are read whole, or it is said where they are not."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chat.admin.importing.parley import ParleyExport
from chat.admin.importing.source import BadExport, Names

HEAD = {"type": "parley-rooms", "format": 1}
ROOM = {"type": "room", "id": "tea:e1", "title": "Tea"}
ADA = {"type": "person", "id": "u1", "name": "Ada", "has_account": True}
SAID = {
    "type": "event", "id": "7", "author": "u1", "time": "2024-01-01T00:00:00.000Z", "text": "hi",
    "reactions": [["👍", ["u1"]], ["nonsense", ["u1"]]], "files": ["a.png"],
}  # fmt: skip


def written(path: Path, *lines: dict[str, Any], tail: bool = True) -> Path:
    every = [*lines, {"type": "end", "lines": len(lines)}] if tail else lines
    path.write_text("".join(json.dumps(line) + "\n" for line in every))
    return path


def read(path: Path) -> list[Any]:
    export, left_out = ParleyExport(path), Counter[str]()
    return [
        event for room in export.rooms for event in export.events(room, Names({}, {}), left_out)
    ]


def test_a_room_is_read_with_its_people_who_come_last(tmp_path: Path) -> None:
    other = {**ROOM, "id": "cake:e2", "title": "Cake"}
    path = written(tmp_path / "r", HEAD, ROOM, SAID, other, {**SAID, "id": "8"}, ADA)
    first, second = read(path)
    assert (first.id, first.text, first.time_s) == ("7", "hi\na.png", 1704067200)
    assert first.reactions == [("👍", ["u1"])]
    assert second.id == "8"
    assert [room.title for room in ParleyExport(path).rooms] == ["Tea", "Cake"]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "not written by"),
        ([ROOM], "not written by|cut short"),
        ([{**HEAD, "format": 2}, ROOM], "newer version"),
        ([HEAD, ROOM, ROOM], "line 3: tea:e1 is there twice"),
        ([HEAD, {**ROOM, "access": "open"}], "line 2: 'open'"),
        ([HEAD, ROOM, SAID], "line 3: nobody is 'u1'"),
        ([HEAD, ADA, ROOM, {**SAID, "time": "noon"}], "line 4: Invalid isoformat"),
        ([HEAD, ADA, ROOM, {**SAID, "kind": "x"}], "line 4: 'x'"),
        ([HEAD, ADA, ROOM, {**SAID, "author": 7}], "line 4: Expected `str`"),
        ([HEAD, ADA, {"type": "other"}], "line 3: Invalid value 'other'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, lines: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(BadExport, match=what):
        read(written(tmp_path / "r", *lines))


def test_a_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadExport, match="cut short after line 4"):
        read(written(tmp_path / "r", HEAD, ADA, ROOM, SAID, tail=False))
    path = written(tmp_path / "r", HEAD, ADA, ROOM, SAID)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadExport, match="line"):
        read(path)
