"""The docs say what the code says."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from chat.attach.subscribe import MIN_HEARTBEAT_S
from chat.metrics.counters import DETACH_REASONS, DetachReason
from chat.negotiation.evidence import SLOW_SPAN_S, SLOW_TIMES, STORE_AWAY_SPAN_S, STRIPPED_SPAN_S
from chat.negotiation.ranking import HEAVY_LAG_S, HEAVY_READERS
from chat.protocol.codes import DISCONNECTS, HTTP_STATUS, Code
from chat.protocol.commands import TYPES, decode_command
from chat.protocol.entries import BODIES
from chat.protocol.limits import Limit
from chat.protocol.negotiation import MAX_HOLD_S, Reason
from chat.protocol.pushes import Push
from chat.sessions.states import TRANSITIONS
from chat.settings.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under ``heading``, without its head."""
    return tables(page, heading)[0]


def tables(page: str, heading: str) -> list[list[list[str]]]:
    """Return the cells of all tables under ``heading``, without their heads."""
    section = (DOCS / page).read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    parts = re.findall(r"(?:^\|.*\n)+", section + "\n", re.MULTILINE)
    return [
        [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in part.splitlines()[2:]
        ]
        for part in parts
    ]


def names(cell: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", cell)


def examples(what: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the examples of protocol.md of each "command" or "push", with the name it is under."""
    sections = re.split(r"^##+ ", (DOCS / "protocol.md").read_text(), flags=re.MULTILINE)
    return [
        (name, json.loads(example))
        for section in sections
        if re.match(rf"The .*{what}", section)
        for name in names(section.splitlines()[0])
        for example in re.findall(r"^```json\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    ]


def test_every_command_has_an_example_that_is_one() -> None:
    found = [(name, example) for name, example in examples("command") if example["type"] == name]
    assert {name for name, _ in found} == set(TYPES)
    for name, example in found:
        command = decode_command(json.dumps(example))
        assert set(example) - {"type"} <= set(command.__struct_fields__), name


def test_every_push_has_an_example_that_is_one() -> None:
    kinds = BODIES | {push.__struct_config__.tag: push for push in Push.__subclasses__()}
    found = [(name, example) for name, example in examples("push") if example["type"] == name]
    assert {name for name, _ in found} == set(kinds)
    for name, example in found:
        place = {"type", "room", "epoch", "offset"} if name in BODIES else {"type"}
        fields = {field: value for field, value in example.items() if field not in place}
        msgspec.convert(fields if name in BODIES else example, kinds[name])
        assert set(fields) <= set(kinds[name].__struct_encode_fields__), name


def test_every_error_code_is_listed_with_its_status() -> None:
    listed = {names(code)[0]: int(status) for code, status, _ in rows("protocol.md", "Errors")}
    assert listed == {str(code): HTTP_STATUS[code] for code in Code}


def test_every_goodbye_is_listed_with_its_reason() -> None:
    listed = [(int(code), reason) for code, reason in rows("protocol.md", "Goodbyes")]
    assert listed == [tuple(disconnect) for disconnect in DISCONNECTS]


def test_every_reason_to_tell_of_a_failure_is_listed() -> None:
    listed = [name for row in rows("protocol.md", "Negotiating") for name in names(row[0])]
    assert listed == [reason.value for reason in Reason]


def test_the_spans_and_limits_of_evidence_are_those_of_the_code() -> None:
    text = (DOCS / "transports.md").read_text()
    assert f"within {STRIPPED_SPAN_S / 60:.0f} minutes, from this session or network" in text
    assert SLOW_TIMES == 2
    assert f"shed twice within {SLOW_SPAN_S / 60:.0f} minutes" in text
    assert f"could not within {STORE_AWAY_SPAN_S:.0f} s" in text
    assert f"is {HEAVY_LAG_S} s late, or it has {HEAVY_READERS:,} readers" in text


def test_every_way_for_a_reader_to_end_is_listed_and_every_goodbye_is_one() -> None:
    listed = {names(row[0])[0] for row in tables("operations.md", "Metrics")[1]}
    assert listed == {reason.value for reason in DetachReason}
    assert set(DETACH_REASONS) == set(DISCONNECTS)


def test_every_limit_that_is_counted_is_listed() -> None:
    listed = [names(row[0])[0] for row in tables("operations.md", "Metrics")[2]]
    assert listed == [limit.value for limit in Limit]


def test_every_command_is_listed() -> None:
    listed = {name for row in rows("protocol.md", "Commands") for name in names(row[0])}
    assert listed == TYPES


def test_every_push_is_listed() -> None:
    listed = {name for row in rows("protocol.md", "Pushes") for name in names(row[0])}
    unlogged = {str(push.__struct_config__.tag) for push in Push.__subclasses__()}
    assert listed == unlogged | set(BODIES)


def test_every_move_between_session_states_is_listed() -> None:
    listed = {(before, after) for before, after in rows("architecture.md", "Sessions")}
    assert listed == {(a.value, b.value) for a, after in TRANSITIONS.items() for b in after}


def test_the_settings_are_those_of_the_code_in_its_words() -> None:
    assert rows("operations.md", "Settings") == [
        [f"`{option.variable}`", option.shown, option.help]
        for option in Settings.options().values()
    ]


def test_the_heartbeats_and_holds_in_the_docs_are_those_of_the_code() -> None:
    settings = Settings()
    protocol, transports = (
        (DOCS / f"{page}.md").read_text() for page in ("protocol", "transports")
    )
    heartbeats = f"from {MIN_HEARTBEAT_S:.0f} s to the server's own {settings.heartbeat_s:.0f} s"
    assert heartbeats in protocol
    assert f"pings every {settings.heartbeat_s:.0f} s" in transports
    assert f"`heartbeat` comes every {settings.heartbeat_s:.0f} s" in transports
    assert f"from 0 to {MAX_HOLD_S}, which is the default" in protocol
    assert settings.poll_hold_s == MAX_HOLD_S
    assert f"after {MAX_HOLD_S} s with `timeout`" in transports
