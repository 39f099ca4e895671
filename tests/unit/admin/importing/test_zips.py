"""An archive that is damaged, or made to do harm, is refused before it is read."""

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from chat.admin.importing import zips
from chat.admin.importing.slack import SlackExport
from chat.admin.importing.source import BadExport, Names


def archive(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def opened(path: Path) -> SlackExport:
    return SlackExport(path, has_private=True, has_direct=True)


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "e.zip", {"users.json": "[]", "channels.json": "[]" + " " * 5000})
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(BadExport, match="no whole zip"):
            opened(path)


def test_damage_within_is_found(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {"users.json": "[]", "channels.json": json.dumps(["x"] * 999)}
    path = archive(tmp_path / "e.zip", files)
    damaged = bytearray(path.read_bytes())
    damaged[90] ^= 0xFF
    path.write_bytes(damaged)
    with pytest.raises(BadExport, match=r"channels\.json in the archive is damaged"):
        opened(path)


def test_a_bomb_is_refused_unread(tmp_path: Path) -> None:
    path = archive(tmp_path / "e.zip", {"users.json": b" " * 30_000_000, "channels.json": "[]"})
    assert path.stat().st_size < 100_000
    with pytest.raises(BadExport, match="no export is packed so"):
        opened(path)


def test_a_file_may_be_as_large_as_stated_and_no_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "MAX_FILE_BYTES", 2)
    opened(archive(tmp_path / "e.zip", {"users.json": "[]", "channels.json": "[]"}))
    with pytest.raises(BadExport, match="too large"):
        opened(archive(tmp_path / "e.zip", {"users.json": "[ ]", "channels.json": "[]"}))


@pytest.mark.parametrize("name", ["../users.json", "/etc/passwd", "a/../../b.json", "a\\b.json"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "e.zip", {"users.json": "[]", "channels.json": "[]", name: "[]"})
    with pytest.raises(BadExport, match="out of the archive"):
        opened(path)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"users.json": "[]"}, "no export of Slack"),
        ({"users.json": "{", "channels.json": "[]"}, "users.json in the archive"),
        ({"users.json": '[{"id": 7}]', "channels.json": "[]"}, r"Expected `str`.*id"),
        ({"users.json": "[" * 100_000, "channels.json": "[]"}, "users.json in the archive"),
        ({"users.json": b"\xff[]", "channels.json": "[]"}, "users.json in the archive"),
    ],
)
def test_json_that_is_none_is_named_with_its_file(
    tmp_path: Path, files: dict[str, bytes | str], what: str
) -> None:
    with pytest.raises(BadExport, match=what):
        opened(archive(tmp_path / "e.zip", files))


@pytest.mark.parametrize("ts", ["nan", "1e9", "-1.0", "9" * 30, ""])
def test_a_time_that_is_none_is_named_with_its_file(tmp_path: Path, ts: str) -> None:
    day = json.dumps([{"type": "message", "user": "U1", "text": "hi", "ts": ts}])
    channels = json.dumps([{"id": "C1", "name": "tea"}])
    files: dict[str, bytes | str] = {"users.json": "[]", "channels.json": channels}
    export = opened(archive(tmp_path / "e.zip", {**files, "tea/2024-01-01.json": day}))
    with pytest.raises(BadExport, match=r"tea/2024-01-01\.json in the archive: .* is no time"):
        list(export.events(export.rooms[0], Names({}, {}), Counter()))
