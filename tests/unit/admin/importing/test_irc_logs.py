"""Logs of irssi, WeeChat and ZNC are the same messages at the same moments."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chat.admin.importing.irc_logs import IrcLogs
from chat.admin.importing.source import BadExport, Names

BERLIN = ZoneInfo("Europe/Berlin")
IRSSI = """--- Log opened Sat Mar 30 23:58:01 2024
23:58 -!- Ada [ada@example.org] has joined #tea
23:59 <@Ada> hello \x0304red\x03
--- Day changed Sun Mar 31 2024
00:01  * Grace waves
03:30 < Ada> summer
"""
WEECHAT = """2024-03-30 23:58:00\t-->\tAda (ada@example.org) has joined #tea
2024-03-30 23:59:00\t@Ada\thello red
2024-03-31 00:01:00\t *\tGrace waves
2024-03-31 03:30:00\tAda\tsummer
"""
ZNC = {
    "2024-03-30.log": "[23:58:00] *** Joins: Ada (ada@example.org)\n[23:59:00] <Ada> hello red\n",
    "2024-03-31.log": "[00:01:00] * Grace waves\n[03:30:00] <Ada> summer\n",
}


def read(paths: list[Path], zone: ZoneInfo = BERLIN) -> list[tuple[str, str, str]]:
    logs = IrcLogs(paths, room="tea", zone=zone)
    (room,) = logs.rooms
    return [
        (datetime.fromtimestamp(one.time_s, UTC).isoformat()[:16], one.author, one.text)
        for one in logs.events(room, Names({}, {}), Counter())
    ]


def written(folder: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (folder / name).write_text(text)
    return [folder / name for name in reversed(files)]


@pytest.mark.parametrize(
    "files", [{"a.log": IRSSI}, {"a.weechatlog": WEECHAT}, ZNC], ids=["irssi", "weechat", "znc"]
)
def test_each_format_gives_the_same(tmp_path: Path, files: dict[str, str]) -> None:
    assert read(written(tmp_path, files)) == [
        ("2024-03-30T22:59", "ada", "hello red"),
        ("2024-03-30T23:01", "grace", "_waves_"),
        ("2024-03-31T01:30", "ada", "summer"),
    ]


def test_a_line_in_an_old_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "2024-01-01.log"
    path.write_bytes(b"[10:00:00] <Ada> caf\xe9 \x80\n")
    assert read([path])[0][2] == "café €"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.log", "[10:00:00] <Ada> hi\n", "line 1: there is no date"),
        ("2024-01-01.log", "[25:00:00] <Ada> hi\n", "line 1: hour must be"),
        ("a.log", "2024-02-30 10:00:00\tAda\thi\n", "line 1: day is out of range"),
        ("a.log", "Dear diary,\n", "nothing is said"),
        ("a.log", "--- Log opened Sat Foo 30 23:58:01 2024\n", "line 1"),
    ],
)
def test_what_is_no_log_is_named_with_its_line(
    tmp_path: Path, name: str, text: str, what: str
) -> None:
    with pytest.raises(BadExport, match=what):
        read(written(tmp_path, {name: text}))
